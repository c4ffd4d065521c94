internal import GuestABI
internal import NTStructures

extension Registry {
  /// The routines for keys that later releases added.
  var laterExports: [Export] {
    [
      export("ZwOpenKeyEx") {
        [self]
        (
          handle: GuestPointer<VirtualAddress>,
          access: AccessMask,
          attributes: GuestPointer<ObjectAttributes>,
          options: UInt32
        ) in
        guard options == 0 else {
          // REG_OPTION_BACKUP_RESTORE and REG_OPTION_OPEN_LINK.
          throw Unmodelled("ZwOpenKeyEx: options 0x\(String(options, radix: 16))")
        }
        return try openKey(handle, access, attributes)
      },
      export("ZwRenameKey") { [self] (handle: VirtualAddress, name: GuestPointer<CountedString>) in
        let text = try memory.text(of: name)
        return try withKey(handle) { key in
          guard !text.isEmpty, !text.utf16.contains(0x5C),
            text.utf16.count <= Self.limits.keyName
          else { return .invalidParameter }
          guard let parent = key.parent, parent.subkey(text) == nil else {
            throw Unmodelled("ZwRenameKey: a name that another key has, or the root")
          }
          parent.remove(key)
          key.name = text
          key.lastWriteTime = systemTime()
          parent.add(key)
          return .success
        }
      },
    ]
  }
}
