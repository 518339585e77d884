#if Hub && HTTP

import Testing

/// A page as strictly as a test can read it: only the elements and attributes that our templates have, every one closed in its place. Whatever a
/// text smuggles in as markup breaks one of these rules.
struct PageMarkup {
  enum Token: Equatable {
    case open(String, [String: String])
    case close(String)
    case text(String)
  }

  struct Broken: Error, CustomStringConvertible {
    let description: String
  }

  let tokens: [Token]

  private static let elements: Set = [
    "a", "article", "b", "bdi", "blockquote", "body", "button", "code", "dd", "div", "dl", "dt", "footer", "form", "h1", "h2", "h3", "head",
    "header", "html", "input", "label", "li", "link", "main", "mark", "meta", "nav", "ol", "p", "q", "section", "span", "strong", "time",
    "title", "ul",
  ]
  private static let attributes: Set = [
    "action", "aria-hidden", "aria-label", "aria-labelledby", "charset", "class", "content", "datetime", "dir", "for", "href", "id", "lang",
    "maxlength", "method", "name", "placeholder", "rel", "role", "title", "type", "value",
  ]
  private static let empty: Set = ["input", "link", "meta"]
  private static let entities = ["amp": "&", "lt": "<", "gt": ">", "quot": "\"", "#39": "'"]

  init(_ html: String) throws {
    var rest = Array(html.unicodeScalars)[...]
    var tokens: [Token] = []
    var open: [String] = []
    func read(until end: (Unicode.Scalar) -> Bool) -> String {
      let part = rest.prefix { !end($0) }
      rest = rest.dropFirst(part.count)
      return String(String.UnicodeScalarView(part))
    }
    func expect(_ text: String) throws {
      guard rest.starts(with: text.unicodeScalars) else {
        throw Broken(description: "no \(text) before \(String(String.UnicodeScalarView(rest.prefix(80))))")
      }
      rest = rest.dropFirst(text.unicodeScalars.count)
    }
    try expect("<!doctype html>")
    while let next = rest.first {
      guard next == "<" else {
        tokens.append(.text(try Self.unescaped(read { $0 == "<" })))
        continue
      }
      try expect("<")
      let isEnd = rest.first == "/"
      if isEnd { try expect("/") }
      let name = read { !("a"..."z" ~= $0 || "0"..."9" ~= $0) }
      guard Self.elements.contains(name) else { throw Broken(description: "<\(name)> before \(String(String.UnicodeScalarView(rest.prefix(80))))") }
      if isEnd {
        try expect(">")
        guard open.popLast() == name else { throw Broken(description: "</\(name)> out of place") }
        tokens.append(.close(name))
        continue
      }
      var attributes: [String: String] = [:]
      while rest.first == " " {
        try expect(" ")
        let attribute = read { $0 == "=" || $0 == " " || $0 == ">" }
        guard Self.attributes.contains(attribute) else { throw Broken(description: "attribute \(attribute) of \(name)") }
        try expect("=\"")
        guard attributes.updateValue(try Self.unescaped(read { $0 == "\"" }), forKey: attribute) == nil else {
          throw Broken(description: "\(attribute) twice in \(name)")
        }
        try expect("\"")
      }
      try expect(">")
      tokens.append(.open(name, attributes))
      if !Self.empty.contains(name) { open.append(name) }
    }
    guard open.isEmpty else { throw Broken(description: "\(open) is open at the end") }
    self.tokens = tokens
  }

  private static func unescaped(_ text: String) throws -> String {
    var result = ""
    for (index, part) in text.unicodeScalars.split(separator: "&", omittingEmptySubsequences: false).enumerated() {
      guard index > 0 else {
        result += String(String.UnicodeScalarView(part))
        continue
      }
      let name = String(String.UnicodeScalarView(part.prefix { $0 != ";" }))
      guard let meaning = entities[name] else { throw Broken(description: "&\(name) stands for nothing") }
      result += meaning + String(String.UnicodeScalarView(part.dropFirst(name.unicodeScalars.count + 1)))
    }
    return result
  }

  /// All words, without what is marked up.
  var text: String {
    tokens.map { if case .text(let text) = $0 { text } else { "" } }.joined()
  }

  var links: [String] { values(of: "href", in: "a") }

  func values(of attribute: String, in element: String) -> [String] {
    tokens.compactMap { if case .open(element, let attributes) = $0 { attributes[attribute] } else { nil } }
  }

  /// The words of each element of a class, in order.
  func words(ofClass name: String) -> [String] {
    var found: [String] = []
    for (index, token) in tokens.enumerated() {
      guard case .open(let element, let attributes) = token, attributes["class"]?.split(separator: " ").contains(Substring(name)) == true else {
        continue
      }
      found.append(words(from: index, of: element))
    }
    return found
  }

  private func words(from start: Int, of element: String) -> String {
    var depth = 0
    var words = ""
    for token in tokens[start...] {
      switch token {
      case .open(element, _): depth += 1
      case .close(element): depth -= 1
      case .text(let text): words += text
      default: break
      }
      if depth == 0 { break }
    }
    return words
  }

  /// The text of the article, and of each quote, by its number, the words that are marked as its own.
  var marked: (text: String, words: [Int: String]) {
    var (text, words, open): (String, [Int: String], [Int]) = ("", [:], [])
    var (isInText, isInNumber) = (false, false)
    for token in tokens {
      switch token {
      case .open("div", let attributes) where attributes["class"] == "text": isInText = true
      case .close("div"): isInText = false
      case .open("mark", let attributes):
        open.append(attributes["title"].flatMap { Int($0.prefix { $0.isNumber }) } ?? 0)
      case .close("mark"): open.removeLast()
      case .open("a", _): isInNumber = true
      case .close("a"): isInNumber = false
      case .text(let part) where isInText && !isInNumber:
        text += part
        for number in open { words[number, default: ""] += part }
      default: break
      }
    }
    return (text, words)
  }
}

#endif
