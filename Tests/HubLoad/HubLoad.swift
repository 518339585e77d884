// Puts a hub under load: a real `demo-cli serve`, in a process of its own, on a temporary folder.
//
//   dicta-hub-load writers [clients=50] [seconds=120] [kills=20] [seed=1] [pause=MILLISECONDS]
//   dicta-hub-load watchers [count=1000] [seconds=60]
//   dicta-hub-load row [count=200]
//   dicta-hub-load first [articles=10000] [seed=1]
//   dicta-hub-load corpus ARCHIVE [articles=10000] [seed=1]
//
// `writers` has clients write and sync while the hub is killed again and again, and looks whether all that was acknowledged is everywhere.
// `watchers` has many clients wait for news. `row` measures how soon what is written here is there. `first` syncs a large corpus for the first
// time, with and without a hub. `corpus` writes such a corpus, or adds it to one that is there. All but the last take program=FILE, the `demo-cli`
// to run if it isn't the one beside this program, and in=FOLDER, where to work.
//
// Each prints its figures, for people and as one line of JSON. It ends with 1, and says why, if a promise was broken.

import Foundation

@main
enum HubLoad {
  static func main() async {
    // A hub that was killed reads no more.
    signal(SIGPIPE, SIG_IGN)
    let options = Options(CommandLine.arguments.dropFirst())
    do {
      switch options.words.first {
      case "corpus" where options.words.count == 2: try await SampleCorpus(options).write(toArchiveAt: options.words[1])
      #if HTTP
      case "writers" where options.words.count == 1: try await Bench.with(options) { try await Writers(options, at: $0).run() }
      case "watchers" where options.words.count == 1: try await Bench.with(options) { try await Watchers(options, at: $0).run() }
      case "row" where options.words.count == 1: try await Bench.with(options) { try await WriteToRow(options, at: $0).run() }
      case "first" where options.words.count == 1: try await Bench.with(options) { try await FirstSync(options, at: $0).run() }
      #else
      case "writers", "watchers", "row", "first":
        complain("this program was built without a web client: build it with --traits Hub,HTTP")
        exit(69)
      #endif
      default:
        complain("usage: dicta-hub-load writers | watchers | row | first | corpus ARCHIVE, with options NAME=VALUE")
        exit(64)
      }
    } catch {
      complain("\(error)")
      exit(1)
    }
  }

  static func say(_ words: String) { FileHandle.standardOutput.write(Data((words + "\n").utf8)) }
  static func complain(_ words: String) { FileHandle.standardError.write(Data((words + "\n").utf8)) }
}

/// What the hub, or the clients of it, promised and didn't keep.
struct BrokenPromise: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) {
    self.description = "BROKEN: " + description
  }
}
