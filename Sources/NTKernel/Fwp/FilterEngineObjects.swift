internal import GuestABI

/// What the filter engine holds: a value, so that a transaction can be taken back.
struct FilterEngineObjects {
  /// An object of whatever kind.
  struct Object {
    let key: GUIDValue
    /// The session that made it, if it goes with that session.
    let dynamicSession: VirtualAddress?
    let provider: GUIDValue?
  }

  /// A callout's management object.
  struct Callout {
    let object: Object
    let layer: GUIDValue
    /// The number that it shares with the callout's routines.
    let id: UInt32
  }

  /// A filter.
  struct Filter {
    let object: Object
    let id: UInt64
    let layer: GUIDValue
    let sublayer: GUIDValue
    /// The callout that its action calls, or nil.
    let callout: GUIDValue?
    let actionType: UInt32
    let weight: UInt64
    let hasConditions: Bool
    /// The context, which the callout may set when it is told of the filter.
    var context: UInt64
  }

  var providers: [GUIDValue: Object] = [:]
  var sublayers: [GUIDValue: (object: Object, weight: UInt16)] = [:]
  var callouts: [GUIDValue: Callout] = [:]
  var filters: [GUIDValue: Filter] = [:]

  /// Whether another object refers to a provider.
  func usesProvider(_ key: GUIDValue) -> Bool {
    sublayers.values.contains { $0.object.provider == key }
      || callouts.values.contains { $0.object.provider == key }
      || filters.values.contains { $0.object.provider == key }
  }

  /// The filters that a session made and that go with it, in the order in which they were made.
  func filters(ofDynamicSession session: VirtualAddress) -> [Filter] {
    filters.values.filter { $0.object.dynamicSession == session }.sorted { $0.id < $1.id }
  }

  /// Removes what goes with a session.
  mutating func removeObjects(ofDynamicSession session: VirtualAddress) {
    filters = filters.filter { $0.value.object.dynamicSession != session }
    callouts = callouts.filter { $0.value.object.dynamicSession != session }
    sublayers = sublayers.filter { $0.value.object.dynamicSession != session }
    providers = providers.filter { $0.value.dynamicSession != session }
  }
}
