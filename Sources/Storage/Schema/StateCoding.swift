// How the state of an entity stands in its row: like a change's body, with a table of what its values refer to; the names are the
// archive's, and a version is a branch number and a sequence. These bytes never leave the archive.

import DictaModels

extension EntityState {
  /// - Parameter names: the archive's; names that come up for the first time are added.
  func bytes(names: inout NameIndex) -> [UInt8] {
    var table = CodingTable(names: names)
    // The table is their only owner meanwhile: so it need not copy them to add one.
    names = NameIndex()
    var versions: [Version] = []
    func index(_ version: Version) -> UInt64 {
      if let index = versions.lastIndex(of: version) { return UInt64(index) }
      versions.append(version)
      return UInt64(versions.count - 1)
    }
    var content = ByteWriter(reserving: 384)
    for cell in cells {
      content.field(4) { writer in
        writer.field(1, varint: UInt64(table.names.index(of: cell.address.field)))
        switch cell.address.place {
        case .field: break
        case .element(let element): writer.field(2) { element.value.encode(into: &$0, table: &table) }
        case .key(let key): writer.field(3, string: key.string)
        }
        cell.forEachSurvivor { survivor in
          writer.field(4, varint: index(survivor.version))
          writer.field(5) { survivor.value.encode(into: &$0, table: &table) }
        }
      }
    }
    for tombstone in tombstones { content.field(5, packed: ([tombstone.version] + tombstone.seen).map(index)) }
    if !restores.isEmpty { content.field(6, packed: restores.map(index)) }
    if !isCreated { content.field(7, varint: 1) }

    var writer = ByteWriter(reserving: 512)
    if !versions.isEmpty {
      writer.field(1) { writer in
        for version in versions {
          writer.varint(UInt64(version.branch))
          writer.varint(version.sequence)
        }
      }
    }
    for entity in table.entities {
      writer.field(2) { writer in
        writer.varint(UInt64(table.names.index(of: entity.type)))
        writer.raw(entity.id)
      }
    }
    if !table.texts.isEmpty { writer.field(3, bytes: table.textBytes) }
    writer.raw(writtenBy: content)
    names = table.names
    return writer.finish()
  }

  /// - Throws: ``MalformedBytes`` for a damaged row.
  init(bytes: [UInt8], names: NameIndex) throws(MalformedBytes) {
    var reader = ByteReader(bytes)
    var lists = CodingLists()
    lists.names = names.list
    var versions: [Version] = []
    var cells: [Cell] = []
    var tombstones: [Tombstone] = []
    var restores: [Version] = []
    var isCreated = true
    func version(_ index: UInt64, _ reader: ByteReader) throws(MalformedBytes) -> Version {
      guard index < UInt64(versions.count) else { throw reader.malformed("there is no version \(index)") }
      return versions[Int(index)]
    }
    while let (number, _) = try reader.next() {
      switch number {
      case 1:
        var inner = try reader.message()
        guard !inner.isAtEnd else { throw reader.malformed("an empty row of numbers must be left out") }
        while !inner.isAtEnd {
          let branch = try inner.varint()
          guard !inner.isAtEnd else { throw reader.malformed("versions are pairs") }
          let sequence = try inner.varint()
          guard branch < 1 << 22, sequence < 1 << 40 else { throw reader.malformed("there is no such version") }
          versions.append(Version(branch: Int(branch), sequence: sequence))
        }
      case 2:
        var inner = try reader.message()
        let type = try inner.count(below: lists.names.count, "type")
        guard let id = Bytes16(inner.slice) else { throw inner.malformed("an id takes 16 bytes") }
        lists.entities.append(Reference(type: lists.names[type], id: id))
      case 3:
        let hashes = try reader.delimited()
        for start in stride(from: hashes.startIndex, to: hashes.endIndex - 31, by: 32) {
          if let hash = TextHash(bytes: hashes[start..<start + 32]) { lists.texts.append(hash) }
        }
      case 4:
        var inner = try reader.message()
        let cell = try Cell(from: &inner, &lists, versions)
        if let last = cells.last, !(last.address < cell.address) { throw reader.malformed("cells are out of order") }
        if cells.isEmpty { cells.reserveCapacity(8) }
        cells.append(cell)
      case 5:
        let indexes = try reader.packed()
        var seen: [Version] = []
        for index in indexes.dropFirst() { seen.append(try version(index, reader)) }
        tombstones.append(Tombstone(version: try version(indexes[0], reader), seen: seen))
      case 6:
        for index in try reader.packed() { restores.append(try version(index, reader)) }
      case 7:
        isCreated = try reader.varint() == 0
      default: throw reader.malformed("a row has no part \(number)")
      }
    }
    self.init(isCreated: isCreated, cells: cells, tombstones: tombstones, restores: restores)
  }
}

extension Columns {
  /// An entity by its type's number and its id.
  func reference(_ type: Int32, _ id: Int32, names: NameIndex) throws(MalformedBytes) -> Reference {
    guard names.list.indices.contains(int(type)) else { throw MalformedBytes(offset: 0, reason: "an entity's type is damaged") }
    return Reference(type: names.list[int(type)], id: try Bytes16(blob(id)).orDamaged("an entity's id"))
  }
}

extension EntityState.Cell {
  fileprivate init(from reader: inout ByteReader, _ lists: inout CodingLists, _ versions: [Version]) throws(MalformedBytes) {
    try reader.expect(1, isDelimited: false)
    let field = lists.names[try reader.count(below: lists.names.count, "name")]
    var place = CellAddress.Place.field
    var first: EntityState.Survivor?
    var others: [EntityState.Survivor] = []
    var last: Version?
    while let (number, _) = try reader.next() {
      switch number {
      case 2:
        var inner = try reader.message()
        place = .element(Element(try Value(from: &inner, lists: &lists)))
      case 3: place = .key(ExactString(try reader.string()))
      case 4: last = versions[try reader.count(below: versions.count, "version")]
      case 5:
        var inner = try reader.message()
        guard let version = last else { throw reader.malformed("a value has no version") }
        let survivor = EntityState.Survivor(version: version, value: try Value(from: &inner, lists: &lists))
        if first == nil { first = survivor } else { others.append(survivor) }
      default: throw reader.malformed("a cell has no part \(number)")
      }
    }
    guard let first else { throw reader.malformed("a cell is empty") }
    self.init(address: CellAddress(field: field, place: place), first, others: others)
  }
}
