/// The rules, in the order of their worth.
enum Rules {
  static let all: [any Rule] = [
    OffsetAddedToMapping(), OffsetNotAdded(), UncheckedMapping(), UnguardedLock(),
    UnguardedUserMapping(), TruncatedAddress(), OffsetAddedToSystemAddress(), NewerThanTarget(),
    ObsoleteMapping(), OpaqueFieldWritten(), NonpagedMappedAgain(), UncheckedMDL(), LateNullTest(),
    AlignedSum(), UserAddressProbedAsKernel(), LeakInHandler(), FreedWhileLocked(), LeakOnReturn(),
    MappedSystemVaRead(), VirtualAddressAccessed(), WrongLock(), WrongLockOperation(), WrongUnmap(),
    UncheckedLength(), PoolMappedToUser(), CallUnderSpinLock(), MappedPagesFreed(),
    ExecutableMapping(), OffsetOfOtherMDL(), OpaqueFieldRead(),
  ]
}
