internal import GuestABI
internal import NTStructures

/// What `RtlQueryRegistryValues` is to do with a value: `RTL_QUERY_REGISTRY_TABLE`.
struct QueryTableEntry: GuestStructure {
  let queryRoutine = Field<QueryRoutine>(x86: 0x00, x64: 0x00)
  let flags = Field<Flags>(x86: 0x04, x64: 0x08)
  let name = Field<VirtualAddress>(x86: 0x08, x64: 0x10)
  let entryContext = Field<VirtualAddress>(x86: 0x0C, x64: 0x18)
  let defaultType = Field<UInt32>(x86: 0x10, x64: 0x20)
  let defaultData = Field<VirtualAddress>(x86: 0x14, x64: 0x28)
  let defaultLength = Field<UInt32>(x86: 0x18, x64: 0x30)

  static func size(on architecture: Architecture) -> Int { architecture == .x86 ? 0x1C : 0x38 }

  /// What an entry asks for: `RTL_QUERY_REGISTRY_…`.
  struct Flags: OptionSet, GuestScalar {
    let rawValue: UInt32

    /// The entries that follow are about the key of this name: `RTL_QUERY_REGISTRY_SUBKEY`.
    static var subkey: Self { Self(rawValue: 0x01) }
    /// This entry and those that follow are about the first key: `RTL_QUERY_REGISTRY_TOPKEY`.
    static var topKey: Self { Self(rawValue: 0x02) }
    /// The value must exist: `RTL_QUERY_REGISTRY_REQUIRED`.
    static var required: Self { Self(rawValue: 0x04) }
    /// The routine is called once, about no value: `RTL_QUERY_REGISTRY_NOVALUE`.
    static var noValue: Self { Self(rawValue: 0x08) }
    /// The data are not taken apart: `RTL_QUERY_REGISTRY_NOEXPAND`.
    static var noExpand: Self { Self(rawValue: 0x10) }
    /// The data go to a buffer, and no routine is called: `RTL_QUERY_REGISTRY_DIRECT`.
    static var direct: Self { Self(rawValue: 0x20) }
    /// The value is deleted afterwards: `RTL_QUERY_REGISTRY_DELETE`.
    static var delete: Self { Self(rawValue: 0x40) }
    /// The type is compared with the one expected: `RTL_QUERY_REGISTRY_TYPECHECK`.
    static var typeCheck: Self { Self(rawValue: 0x100) }

    static var all: Self {
      [.subkey, .topKey, .required, .noValue, .noExpand, .direct, .delete, .typeCheck]
    }
  }
}

/// What the routine of an entry looks like: `RTL_QUERY_REGISTRY_ROUTINE`.
typealias QueryRoutine = GuestFunction<
  NTStatus, VirtualAddress, UInt32, VirtualAddress, UInt32, VirtualAddress, VirtualAddress
>
