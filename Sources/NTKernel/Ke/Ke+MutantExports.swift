internal import GuestABI
internal import NTStructures

extension Dispatcher {
  /// The routines that drivers import to work with mutants: mutexes without a level, that programs know
  /// also, and that may be abandoned.
  var mutantExports: [Export] {
    [
      export("KeInitializeMutant") { [self] (mutant: GuestPointer<KMutant>, isOwned: Bool) in
        try initialize(
          mutant.address,
          .mutant,
          byteCount: KMutant.size(on: memory.architecture),
          signalState: isOwned ? 0 : 1
        )
        let owner = isOwned ? current.body : .null
        try memory.modify(mutant) { mutant in
          mutant.ownerThread = owner
          mutant.isAbandoned = false
          mutant.apcDisable = 0
        }
      },
      export("KeReleaseMutant") {
        [self]
        (mutant: GuestPointer<KMutant>, increment: Int32, isAbandoned: Bool, wait: Bool) in
        guard !isAbandoned else { throw Unmodelled("KeReleaseMutant of an abandoned mutant") }
        return try releaseMutex(mutant)
      },
      export("KeReadStateMutant") { [self] (mutant: GuestPointer<DispatcherHeader>) in
        try memory[mutant].signalState
      },
    ]
  }
}
