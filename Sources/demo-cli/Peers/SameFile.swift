import Foundation

/// Whether two paths lead to one file, by whatever names and links.
func isSameFile(_ one: String, _ other: String) -> Bool {
  let marks = [one, other].map { path in
    let attributes = try? FileManager.default.attributesOfItem(atPath: URL(fileURLWithPath: path).resolvingSymlinksInPath().path)
    return [attributes?[.systemNumber] as? Int, attributes?[.systemFileNumber] as? Int]
  }
  return marks[0] == marks[1] && marks[0][1] != nil
}
