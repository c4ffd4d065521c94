internal import GuestABI

/// What a driver says of a device that transfers data by itself.
///
/// The corresponding C type is `DEVICE_DESCRIPTION`.
struct DeviceDescription: GuestStructure {
  let version = Field<UInt32>(x86: 0, x64: 0)
  let isMaster = Field<Bool>(x86: 4, x64: 4)
  let isScatterGather = Field<Bool>(x86: 5, x64: 5)
  let has32BitAddresses = Field<Bool>(x86: 8, x64: 8)
  let has64BitAddresses = Field<Bool>(x86: 11, x64: 11)
  let interfaceType = Field<UInt32>(x86: 20, x64: 20)
  let maximumLength = Field<UInt32>(x86: 32, x64: 32)
  /// The bits of an address; of version 3 only.
  let addressWidth = Field<UInt32>(x86: 40, x64: 40)

  static func size(on architecture: Architecture) -> Int { 40 }

  /// `PCIBus` of `INTERFACE_TYPE`.
  static var pciBus: UInt32 { 5 }
}

/// What a driver transfers data with.
///
/// The corresponding C type is `DMA_ADAPTER`; before Windows 2000 it is opaque.
struct DMAAdapter: GuestStructure {
  let version = Field<UInt16>(x86: 0, x64: 0)
  let size = Field<UInt16>(x86: 2, x64: 2)
  let operations = Field<VirtualAddress>(x86: 4, x64: 8)

  static func size(on architecture: Architecture) -> Int { architecture == .x86 ? 8 : 16 }
}

/// The pieces of memory that a transfer consists of.
///
/// The corresponding C type is `SCATTER_GATHER_LIST`.
struct ScatterGatherList: GuestStructure {
  let elementCount = Field<UInt32>(x86: 0, x64: 0)
  let reserved = Field<GuestWord>(x86: 4, x64: 8)

  /// The bytes before the elements.
  static func size(on architecture: Architecture) -> Int { architecture == .x86 ? 8 : 16 }

  /// The bytes of an element: the address, the length, and a reserved word.
  static func elementSize(on architecture: Architecture) -> Int {
    architecture == .x86 ? 16 : 24
  }
}

/// The table of an adapter's routines: `DMA_OPERATIONS`, a word with its size, then pointers.
enum DMAOperations {
  /// The routines of version 1, in their order, by the names under which the kernel has them.
  private static let first = [
    "HalpPutDmaAdapter", "HalAllocateCommonBuffer", "HalFreeCommonBuffer",
    "IoAllocateAdapterChannel", "IoFlushAdapterBuffers", "IoFreeAdapterChannel",
    "IoFreeMapRegisters", "IoMapTransfer", "HalpGetDmaAlignment", "HalReadDmaCounter",
    "HalpGetScatterGatherList", "HalpPutScatterGatherList",
  ]

  /// What version 2 added, in Windows XP.
  private static let second = [
    "HalpCalculateScatterGatherList", "HalpBuildScatterGatherList",
    "HalpBuildMdlFromScatterGatherList",
  ]

  /// What version 3 added, in Windows 8.
  private static let third = [
    "HalpGetDmaAdapterInfo", "HalpGetDmaTransferInfo", "HalpInitializeDmaTransferContext",
    "HalpAllocateCommonBufferEx", "HalpAllocateAdapterChannelEx", "HalpConfigureAdapterChannel",
    "HalpCancelAdapterChannel", "HalpMapTransferEx", "HalpGetScatterGatherListEx",
    "HalpBuildScatterGatherListEx", "HalpFlushAdapterBuffersEx", "HalpFreeAdapterObject",
    "HalpCancelMappedTransfer",
  ]

  /// Returns the routines that a version of the table has.
  static func names(version: Int) -> [String] {
    first + (version >= 2 ? second : []) + (version >= 3 ? third : [])
  }
}
