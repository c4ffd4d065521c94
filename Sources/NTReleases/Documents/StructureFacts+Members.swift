extension StructureFacts {
  /// The named structures that members of other structures are, by the declarations in wdm.h.
  public static let memberStructures = [
    "DEVICE_OBJECT.DeviceLock": "KEVENT",
    "DEVICE_OBJECT.DeviceQueue": "KDEVICE_QUEUE",
    "DEVICE_OBJECT.Dpc": "KDPC",
    "DEVICE_OBJECT.Queue.ListEntry": "LIST_ENTRY",
    "DEVICE_OBJECT.Queue.Wcb": "WAIT_CONTEXT_BLOCK",
    "DRIVER_OBJECT.DriverName": "UNICODE_STRING",
    "FAST_MUTEX.Event": "KEVENT",
    "FILE_OBJECT.Event": "KEVENT",
    "FILE_OBJECT.FileName": "UNICODE_STRING",
    "FILE_OBJECT.Lock": "KEVENT",
    "IRP.IoStatus": "IO_STATUS_BLOCK",
    "IRP.Tail.Apc": "KAPC",
    "IRP.Tail.Overlay.DeviceQueueEntry": "KDEVICE_QUEUE_ENTRY",
    "IRP.Tail.Overlay.ListEntry": "LIST_ENTRY",
    "IRP.ThreadListEntry": "LIST_ENTRY",
    "KDEVICE_QUEUE.DeviceListHead": "LIST_ENTRY",
    "KDEVICE_QUEUE_ENTRY.DeviceListEntry": "LIST_ENTRY",
    "KEVENT.Header": "DISPATCHER_HEADER",
    "KMUTANT.Header": "DISPATCHER_HEADER",
    "KMUTANT.MutantListEntry": "LIST_ENTRY",
    "KSEMAPHORE.Header": "DISPATCHER_HEADER",
    "KTIMER.Header": "DISPATCHER_HEADER",
    "KTIMER.TimerListEntry": "LIST_ENTRY",
  ]

  /// The shortest beginning of a field's name that is a member with a structure of its own, and
  /// what is left.
  static func split(
    _ field: String,
    of structure: String
  ) -> (member: StructureFacts, inner: (structure: String, field: String))? {
    for index in field.indices where field[index] == "." {
      let name = String(field[..<index])
      if let type = memberStructures["\(structure).\(name)"],
        let member = self.field(name, of: structure)
      {
        return (member, (type, String(field[field.index(after: index)...])))
      }
    }
    return nil
  }
}
