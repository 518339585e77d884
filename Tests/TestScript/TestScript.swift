// A process of its own that writes, syncs and backs up archives, and in which any system call that changes a file can fail or be the last.
//
//   dicta-test-script run FOLDER SEED [fault=FAULT] [goOn=STEPS]
//   dicta-test-script serve ARCHIVE SEED STEP SESSION (writes | only) [fault=FAULT]
//   dicta-test-script take SOURCE TARGET (messages | files) [fault=FAULT]
//   dicta-test-script snapshots [by=messages,files] [every=COUNT] [offset=COUNT] [faults=NAME,NAME] [in=FOLDER]
//   dicta-test-script all [seed=SEED] [every=COUNT] [offset=COUNT] [from=TRIAL upTo=TRIAL] [faults=NAME,NAME] [in=FOLDER]
//
// `run` takes the steps of a script and says after each what it has promised. `serve` is the other side of its syncs with another process.
// `all` runs the script again and again with a fault at one call after another, and looks at what is left. It ends with 1, and the command
// that repeats it, if a promise was broken. `take` brings a snapshot into an archive that holds nothing,
// in messages or from file to file; `snapshots` does so again and again. See `Fault.swift` for how a fault is spelled.

import CDictaFaults
import DictaTestSupport
import Foundation

@main
enum TestScript {
  static func main() async {
    // A peer that was killed reads no more.
    signal(SIGPIPE, SIG_IGN)
    let (words, options) = split(CommandLine.arguments.dropFirst())
    let fault = options["fault"].map(Fault.init)
    switch words.first {
    case "run" where words.count == 3:
      guard let seed = UInt64(words[2]) else { return usage() }
      exit(await Script(folder: words[1], seed: seed, fault: fault ?? nil, goOn: options["goOn"].flatMap { Int($0) }).run() ? 0 : 1)
    case "serve" where words.count == 6:
      guard let seed = UInt64(words[2]), let step = Int(words[3]), let session = Int(words[4]) else { return usage() }
      exit(await Server(path: words[1], seed: seed, step: step, session: session, writes: words[5] == "writes", fault: fault ?? nil).run() ? 0 : 1)
    case "take" where words.count == 4:
      exit(await Taking(source: words[1], target: words[2], isInMessages: words[3] == "messages", fault: fault ?? nil).run() ? 0 : 1)
    case "snapshots" where dicta_faults_available():
      exit(await SnapshotCampaign(options).run() ? 0 : 1)
    case "all" where dicta_faults_available():
      exit(await Campaign(options).run() ? 0 : 1)
    case "all", "snapshots":
      print("skipped: system calls can be intercepted on Linux only")
    default: usage()
    }
  }

  private static func split(_ arguments: some Sequence<String>) -> (words: [String], options: [String: String]) {
    var (words, options) = ([String](), [String: String]())
    for argument in arguments {
      let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
      if parts.count == 2 { options[parts[0]] = parts[1] } else { words.append(argument) }
    }
    return (words, options)
  }

  private static func usage() {
    print(
      "usage: dicta-test-script run FOLDER SEED | serve ARCHIVE SEED STEP SESSION (writes | only) | take SOURCE TARGET (messages | files) | snapshots | all, with options NAME=VALUE"
    )
    exit(64)
  }
}
