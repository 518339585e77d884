import DictaModels

/// Somebody who held an office on some day, as far as it is known.
public struct OfficeHolder: Sendable {
  public let speaker: Speaker
  public let tenure: Speaker.Tenure
}

extension ReadTransaction {
  /// Who can have held an office on a day: several, where tenures are known only roughly or overlap.
  ///
  /// - Parameters:
  ///   - role: exactly as tenures spell it.
  ///   - organization: nil takes the role in any.
  ///   - day: a date that is only partly known, `2013-09`, asks for all its days.
  /// - Returns: by the beginning of the tenure, those without one first.
  /// - Complexity: O(speakers).
  public func holders(of role: String, in organization: String? = nil, on day: PartialDate) throws -> [OfficeHolder] {
    func isMeant(_ tenure: Speaker.Tenure) -> Bool {
      let isInOrganization = organization.map { ExactString($0) == ExactString(tenure.organization ?? "") } ?? true
      return ExactString(tenure.role) == ExactString(role) && isInOrganization && tenure.canInclude(day)
    }
    var holders: [OfficeHolder] = []
    try forEach(Speaker.self) { speaker in
      holders += speaker.tenures.filter(isMeant).map { OfficeHolder(speaker: speaker, tenure: $0) }
      return true
    }
    return holders.sorted { ($0.tenure.from?.firstDay ?? 0, $0.speaker.id) < ($1.tenure.from?.firstDay ?? 0, $1.speaker.id) }
  }
}
