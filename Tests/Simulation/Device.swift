import DictaModels
import DictaStorage
import DictaTestSupport

/// A real archive, and beside it what the simulator knows that it has to hold.
struct Device {
  let name: String
  let path: String
  let clock: SimulatedClock
  var archive: Archive

  /// Whether it writes what others don't know.
  let isNewer: Bool

  /// Whether it makes a change of a few bytes, and a long run of a transaction of a few kilobytes.
  let writesSmallChanges: Bool

  /// A replica in memory that was told every change the archive ever held, but for those that a restored file took back.
  var shadow: MemoryReplica

  /// The changes of which something was dropped here, and of how many of their groups.
  var reduced: [ChangeID: Int] = [:]

  /// Whether what was written last can't be proven, so that nothing can be written: its key was lost.
  var isUnproven = false

  /// Whether it was opened without a key of what it holds.
  var mayBeUnproven = false

  /// Whether it is still to adopt the corpus of somebody it meets. Until then it writes nothing, for two corpora never become one.
  var awaitsCorpus: Bool

  var drafts: [OpenDraft] = []
  var snapshots: [Snapshot] = []

  /// The files at some moment, and what was in them.
  struct Snapshot {
    let files: DeviceFiles
    let shadow: MemoryReplica
    let reduced: [ChangeID: Int]
    let origin: Origin
    let mayBeUnproven: Bool
  }
}

/// A form that was opened, and which versions it showed in each cell.
struct OpenDraft {
  let claim: Draft<Claim>
  let shown: [CellAddress: Set<ChangeID>]
}
