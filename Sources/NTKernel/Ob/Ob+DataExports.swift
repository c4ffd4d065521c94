internal import GuestABI

extension ObjectManager {
  /// The variables that drivers import to name an object's type.
  ///
  /// Each is a `POBJECT_TYPE`: the address of a type object, whose body is opaque.
  public var dataExports: [DataExport] {
    Self.typeVariables.map { name, kind in
      DataExport(pointer: name) { [self] in
        guard let type = types[kind], let body = try body(of: type) else {
          throw Unmodelled("\(name): the pool is exhausted when the kernel starts")
        }
        return body
      }
    }
  }

  private static let typeVariables: [(name: String, kind: ObjectKind)] = [
    ("CmKeyObjectType", .key),
    ("ExEventObjectType", .event),
    ("ExSemaphoreObjectType", .semaphore),
    ("ExTimerObjectType", .timer),
    ("IoAdapterObjectType", .adapter),
    ("IoDeviceObjectType", .device),
    ("IoDriverObjectType", .driver),
    ("IoFileObjectType", .file),
    ("MmSectionObjectType", .section),
    ("PsProcessType", .process),
    ("PsThreadType", .thread),
    ("SeTokenObjectType", .token),
  ]
}
