/// What a release of the kernel does where releases differ.
///
/// Each property starts with what NT 3.1 did (or is assumed to have done: the evidence says so).
/// ``history`` says which release changed it, and how we know. A property of a routine that a
/// release does not export means nothing there: ask ``ExportHistory`` first.
public struct Behaviour: Hashable, Sendable {
  /// The behaviour of NT 3.1.
  init() {}

  /// Creates the behaviour of a release.
  public init(of release: Release) {
    for change in Self.history where change.release <= release { change.apply(&self) }
  }

  // Mapping

  /// Whether `MmMapLockedPages` returns an address that includes the MDL's byte offset, whatever
  /// the mode and whichever document one believes.
  ///
  /// See ``mappedAddressIncludesByteOffset(_:_:)``.
  public var everyMappedAddressIncludesByteOffset = false

  /// The power of two to which `MmMapLockedPagesWithReservedMapping` rounds its address down.
  public var reservedMappingAlignment = 1

  /// Whether `MmMapLockedPagesWithReservedMapping` stores an address with the MDL's byte offset in
  /// `MappedSystemVa`.
  ///
  /// The address that it returns always includes it.
  public var reservedMappingStoresByteOffset = false

  /// The bits by which the PTE before a reserved mapping shifts its pool tag, on x64.
  ///
  /// The tag without its lowest bit; where it is shifted, one is added before.
  public var reservedMappingTagShift = 0

  /// The bits by which the second PTE before a reserved mapping shifts its count of PTEs (plus 2),
  /// on x64.
  public var reservedMappingSizeShift = 1

  /// Whether a mapping is refused whose cache type differs from the one that the pages have.
  public var mappingRefusesCacheTypeConflict = false

  /// The bits of the `Priority` argument that `MmMapLockedPagesSpecifyCache` takes as flags.
  public var mappingPriorityFlags: UInt32 = 0

  /// Whether `MDL_MAPPING_CAN_FAIL` makes `MmMapLockedPages` return `NULL` and not stop.
  public var mappingCanFailFlagIsHonoured = true

  /// Whether `MmMapIoSpace` takes a `MEMORY_CACHING_TYPE`, or a `BOOLEAN` (cached or not).
  public var mapIoSpaceTakesCachingType = false

  /// Whether `MmUnmapIoSpace` of an address that is not mapped stops with 0xDA/0x400.
  public var unmappingUnknownIoSpaceStops = false

  /// Whether `MmMapIoSpace` returns `NULL` for pages that hold page tables.
  public var mapIoSpaceRefusesPageTables = false

  /// The highest documented IRQL for `MmMapIoSpace`, `MmUnmapIoSpace` and
  /// `MmAllocateContiguousMemory`.
  public var ioSpaceMappingIRQL = IRQLLevel.passive

  /// The last version of `DMA_OPERATIONS` that `IoGetDmaAdapter` gives out; 0 before the routine.
  public var dmaOperationsVersion = 0

  // Networks

  /// The version of NDIS: the major number in the upper half, the minor one in the lower.
  public var ndisVersion: UInt32 = 0x3_0000

  // MDLs

  /// What bounds the length that `IoAllocateMdl` accepts.
  ///
  /// See ``allowsMDL(length:pages:pageSize:pointerSize:)``.
  public var mdlLengthLimit = MDLLengthLimit.sizeField

  /// Whether an MDL may be so large that its `Size` field loses bits.
  public var mdlSizeFieldMayTruncate = false

  /// The most pages for which `IoAllocateMdl` takes an MDL of fixed size.
  public var fixedSizeMDLPages = 16

  /// Whether bytes 12 to 15 of a 64-bit MDL hold `AllocationProcessorNumber` and `Reserved`.
  public var mdlCarriesProcessorNumber64 = false

  /// Whether `IoBuildPartialMdl` copies `MDL_IO_SPACE`.
  public var partialMDLCopiesIOSpaceFlag = true

  /// The bug check for a partial MDL that cannot be built.
  public var partialMDLBugCheck: UInt32 = 0x40

  /// The highest documented IRQL for `IoBuildPartialMdl`.
  public var partialMDLIRQL = IRQLLevel.passive

  /// Whether `MmFreePagesFromMdl` releases a mapping that the MDL still has.
  public var freeingMDLPagesUnmaps = false

  /// Whether `MmAllocatePagesForMdlEx` honours `MM_ALLOCATE_FULLY_REQUIRED`, `NO_WAIT` and the
  /// flags for contiguity.
  public var pageAllocationHonoursFlags = false

  /// The highest documented IRQL for `MmAllocatePagesForMdl`, `MmFreePagesFromMdl` and
  /// `MmFreeContiguousMemory`.
  public var pageAllocationIRQL = IRQLLevel.apc

  // Pool

  /// The bytes that pool blocks are a multiple of, in 32-bit kernels.
  public var poolGranularity32 = 32

  /// The bytes that pool blocks are a multiple of, in 64-bit kernels.
  public var poolGranularity64 = 16

  /// The bytes of a pool block's header, in 32-bit kernels.
  public var poolHeaderSize32 = 8

  /// The bytes of a pool block's header, in 64-bit kernels.
  public var poolHeaderSize64 = 16

  /// Whether drivers may ask for `NonPagedPoolMustSucceed`, or stop with 0xC2/0x9A.
  public var mustSucceedPoolIsSupported = true

  /// Whether pool type `NonPagedPoolNx` is known.
  public var nonPagedPoolNxIsAvailable = false

  /// Whether the kernel has `ExAllocatePool2` and `ExAllocatePool3`, which zero what they return.
  public var hasZeroingPoolAllocators = false

  /// Whether special pool can be switched on.
  public var specialPoolIsAvailable = false

  /// Whether special pool and Driver Verifier have bug checks of their own.
  public var specialPoolHasOwnBugChecks = false

  /// Whether `MmAllocateContiguousMemory` promises page alignment, or only a cache line's.
  public var contiguousMemoryIsPageAligned = false

  // Where memory ends

  /// Where nonpaged pool ends, in 32-bit kernels.
  public var nonpagedPoolLimit32 = MemoryLimit.growing(atMostMegabytes: 128)

  /// Where nonpaged pool ends, in x64 kernels.
  public var nonpagedPoolLimit64 = MemoryLimit.share(percent: 75, atMostGigabytes: 128)

  /// Where paged pool ends, in 32-bit kernels.
  public var pagedPoolLimit32 = MemoryLimit.twiceNonpaged(atMostMegabytes: 192)

  /// Where paged pool ends, in x64 kernels.
  public var pagedPoolLimit64 = MemoryLimit.gigabytes(128)

  /// Where system PTEs end, in x86 kernels.
  public var systemPTELimit32 = MemoryLimit.steps

  /// Where system PTEs end, in x64 kernels.
  public var systemPTELimit64 = MemoryLimit.gigabytes(128)

  // Faults and stops

  /// The bug check for a reference to an invalid system address at low IRQL.
  public var invalidSystemAddressBugCheck: UInt32 = 0x1E

  /// Whether `__fastfail` stops the system with bug check 0x139.
  public var handlesFastFail = false

  /// How the second parameter of bug check 0x50 says what the access was, on x86 and x64.
  public var pageFaultAccessEncoding = PageFaultAccessEncoding.readWrite

  /// The bug check for a page fault of a driver at `DISPATCH_LEVEL` or above.
  public var driverIRQLFaultBugCheck: UInt32 = 0x0A

  /// The bug check for an exception that nobody handles, in 32-bit kernels.
  public var unhandledExceptionBugCheck32: UInt32 = 0x1E

  /// The bug check for an exception that nobody handles, in a system service of x64 kernels.
  public var unhandledExceptionBugCheck64: UInt32 = 0x3B

  /// The bug check for an exception that nobody handles in an interrupt or DPC, in x64 kernels.
  public var unhandledInterruptExceptionBugCheck64: UInt32 = 0x1E

  /// The bug check for an exception that nobody handles in a system thread.
  public var unhandledSystemThreadExceptionBugCheck: UInt32 = 0x1E

  /// Whether a driver's sections that are not writable are protected; a write stops with 0xBE then.
  public var protectsReadOnlySystemMemory = false

  /// Whether a process that ends with locked pages stops the machine with 0x76.
  public var processExitChecksLockedPages = false

  /// Whether bug check 0x3F shows zeros for all its parameters.
  public var noMoreSystemPTEsParametersAreZero = false

  /// Whether unmapping an MDL may skip the flush of the translation buffer, a defect of the kernel.
  public var unmappingMaySkipFlush = false

  /// Whether `MmGetSystemRoutineAddress` faults, and does not return `NULL`, for a name that is
  /// not exported and sorts before the first export.
  public var routineLookupFaultsBelowFirstExport = false

  // What the system tells of itself

  /// The folder in which the system's own images are, as the list of loaded modules names it.
  public var systemImageRoot = #"\WINNT"#

  /// Whether `ZwQuerySystemInformation` tells how long a structure of fixed size is, when the buffer
  /// does not fit it.
  public var tellsLengthOfFixedInformation = false

  /// Whether `SYSTEM_TIMEOFDAY_INFORMATION` ends with two biases, and may be asked for in part.
  public var timeOfDayHasBiases = false

  /// Whether `SYSTEM_PROCESSOR_INFORMATION` tells how many processors there may be.
  public var tellsMaximumProcessors = false

  /// Whether `ZwQuerySystemInformation` knows `SystemRangeStartInformation`.
  public var hasSystemRangeStartInformation = false

  /// Whether `ZwQuerySystemInformation` knows `SystemCodeIntegrityInformation`.
  public var hasCodeIntegrityInformation = false

  /// The folder of Windows, as `NtSystemRoot` and the registry name it.
  public var systemRoot = #"C:\WINNT"#

  /// The registry's `CurrentVersion`.
  public var registryCurrentVersion = "3.1"

  /// Whether the registry has `CurrentBuildNumber`.
  public var registryHasBuildNumber = false

  /// Whether the registry has `CurrentMajorVersionNumber` and `CurrentMinorVersionNumber`.
  public var registryHasVersionNumbers = false

  /// What `USBD_CreateConfigurationRequestEx` puts into each pipe's `MaximumTransferSize`.
  ///
  /// The corresponding C constant is `USBD_DEFAULT_MAXIMUM_TRANSFER_SIZE`.
  public var usbDefaultMaximumTransferSize: UInt32 = 4096

  /// Whether `VideoPortInitialize` leaves it to Plug and Play to find display adapters.
  public var videoPortIsPlugAndPlay = false

  /// The bytes of `KUSER_SHARED_DATA`; 0 where there is none.
  public var sharedDataSize = 0

  /// Whether `KUSER_SHARED_DATA` counts ticks in its first field.
  public var sharedDataCountsTicksInLowPart = true

  /// Whether `KUSER_SHARED_DATA` has `NtBuildNumber`.
  public var sharedDataHasBuildNumber = false

  /// The `VER_SUITE_…` bits of a workstation.
  public var suiteMask: UInt32 = 0

  /// The place of `UniqueProcessId` in an `EPROCESS` of x86 kernels.
  public var processIDOffset32 = 0xB0

  /// The place of `UniqueProcessId` in an `EPROCESS` of x64 kernels; 0 where it is not known.
  public var processIDOffset64 = 0xD8

  /// The place of `VendorString` in a `KPRCB` of x86 kernels; 0 where there is none.
  public var processorVendorOffset32 = 0

  /// The place of `VendorString` in a `KPRCB` of x64 kernels.
  public var processorVendorOffset64 = 0x22B4

  /// Whether x86 kernels let `SYSENTER` enter the system.
  public var entersBySystemEnter32 = false

  // The run-time library

  /// What the frames that `RtlCaptureStackBackTrace` skips and captures must stay below together, or 0 if
  /// any number is allowed.
  public var stackTraceLimit = 63

  /// Whether `ll` in a format of `DbgPrint` and `sprintf` is known to mean 64 bits.
  ///
  /// Where it is not, such a number is unmodelled unless it prints the same either way.
  public var formatsUnderstandLongLong = false

  // Architecture

  /// The formats of page tables that x86 kernels of the release come in, the usual one first.
  public var pageTableFormats32 = [PageTableFormat.twoLevel]

  /// Whether the page tables' own address is chosen at each start, on x64.
  public var pageTablesAreRelocated64 = false

  /// The bytes of a thread's kernel stack, in x86 kernels.
  public var kernelStackSize32 = 12 << 10

  /// The bytes of a thread's kernel stack, in x64 kernels.
  public var kernelStackSize64 = 24 << 10

  /// Where the names of DOS devices are.
  public var dosDevices = DOSDevices.ownDirectory

  /// Whether the device of the system's volume is `\Device\HarddiskVolume1`, and
  /// `\Device\Harddisk0\Partition1` only another name of it.
  public var systemVolumeIsHarddiskVolume = false

  /// Whether `IoRegisterFsRegistrationChange` at once calls the routine for each file system that is
  /// registered already.
  public var fsRegistrationChangeTellsOfPresent = false

  /// Whether `IoRegisterFsRegistrationChange` fails for the routine that was registered last.
  public var fsRegistrationChangeRefusesRepetition = false

  /// The directory that Setup proposes for the system, without the drive.
  public var systemDirectoryName = "WINNT"

  /// The bits of `OBJECT_ATTRIBUTES.Attributes` that are valid.
  public var validObjectAttributes: UInt32 = 0x1F2

  /// Whether `ZwClose` of the pseudo-handle of the current process succeeds.
  public var closesCurrentProcessHandle = false

  /// Whether `ZwQueryKey` knows `KeyNameInformation`.
  public var hasKeyNameInformation = false

  /// Whether `RtlQueryRegistryValues` obeys `RTL_QUERY_REGISTRY_TYPECHECK`.
  public var checksRegistryValueTypes = false

  /// The last release that added to `SE_EXPORTS`.
  public var securityExports = SecurityExports.nt4

  /// Whether there is Plug and Play: buses report devices, and drivers add themselves to them.
  public var hasPlugAndPlay = false

  /// Whether `IoGetDeviceProperty` knows the state of the installation and the removal policy.
  public var hasInstallStateProperty = false

  /// Whether a driver gets its next power request only after it has called `PoStartNextPowerIrp`.
  public var driversStartNextPowerRequest = true

  /// Whether WMI asks providers what they have with `IRP_MN_REGINFO_EX`.
  public var asksProvidersForExtendedInformation = false

  /// Whether public symbols say how the structures that drivers share with the kernel (but for the
  /// MDL) are laid out.
  ///
  /// Where they do not, the layouts of Windows 2000 are assumed.
  public var structureLayoutsAreKnown = false

  /// The version of WDM that `IoIsWdmVersionAvailable` compares with; its minor part is hexadecimal.
  public var wdmVersion = WDMVersion(major: 0, minor: 0)

  /// Whether the callback object `\Callback\ProcessorAdd` exists.
  public var hasProcessorAddCallback = false

  /// The routines that want to hear of processes, and as many of threads and images, that may be
  /// registered at a time.
  public var notifyRoutineLimit = 8

  /// The groups of processors that a `KAFFINITY_EX` has room for.
  public var extendedAffinityGroups = 4

  /// Whether `ZwYieldExecution` says with `STATUS_NO_YIELD_PERFORMED` that no other thread was ready.
  public var yieldTellsWhetherItYielded = true

  /// The last member of `TOKEN_INFORMATION_CLASS` that the release knows.
  public var lastTokenInformationClass = 10

  /// Whether tokens hold the group of authenticated users: S-1-5-11.
  public var hasAuthenticatedUsersGroup = false

  /// Whether tokens and objects have integrity levels, which access checks compare.
  public var hasIntegrityLevels = false

  /// Whether an x64 `KTIMER` has a word for its processor before `Period`.
  public var timerHasProcessor64 = false

  /// Whether a `FILE_OBJECT` ends with a list of requests and an extension.
  public var fileObjectHasRequestList = false

  /// The order of the fields of a `KDPC`.
  public var dpcLayout = DPCLayout.beforeServer2003

  /// The size of an entry of the error log that every processor's kernel accepts, in bytes.
  public var largestErrorLogEntry = 136

  // Loading

  /// Whether the `DllInitialize` of a driver that others import from is called when it is loaded, and
  /// its `DllUnload` when the last of them is gone.
  public var initializesExportDrivers = false

  /// Whether the loader gives drivers a cookie for the checks of their stacks.
  public var loaderFillsSecurityCookie = false
}
