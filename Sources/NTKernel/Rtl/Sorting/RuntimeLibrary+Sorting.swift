import GuestABI

/// The C library's routines that order and find elements by a routine of the driver's.
extension RuntimeLibrary {
  var sortingExports: [Export] {
    [
      export("qsort", .cdecl) {
        [self]
        (base: VirtualAddress, count: GuestWord, width: GuestWord, compare: VirtualAddress) in
        try sort(base, count, width, ElementOrder(compare), "qsort")
      },
      export("qsort_s", .cdecl) {
        [self]
        (
          base: VirtualAddress,
          count: GuestWord,
          width: GuestWord,
          compare: VirtualAddress,
          context: VirtualAddress
        ) in
        try sort(base, count, width, ElementOrder(compare, context), "qsort_s")
      },
      export("bsearch", .cdecl) {
        [self]
        (
          key: VirtualAddress,
          base: VirtualAddress,
          count: GuestWord,
          width: GuestWord,
          compare: VirtualAddress
        ) in
        try search(key, base, count, width, ElementOrder(compare), "bsearch")
      },
      export("bsearch_s", .cdecl) {
        [self]
        (
          key: VirtualAddress,
          base: VirtualAddress,
          count: GuestWord,
          width: GuestWord,
          compare: VirtualAddress,
          context: VirtualAddress
        ) in
        try search(key, base, count, width, ElementOrder(compare, context), "bsearch_s")
      },
    ]
  }

  /// Sorts an array in place.
  ///
  /// The corresponding kernel routine is `qsort`. Which of several equal elements comes first is not
  /// documented, and neither is which elements are compared.
  private func sort(
    _ base: VirtualAddress,
    _ count: GuestWord,
    _ width: GuestWord,
    _ order: ElementOrder,
    _ routine: String
  ) throws -> Completion {
    guard count.rawValue >= 2, width.rawValue > 0 else { return .done }
    try Self.check(count, width, routine)
    let sort = HeapSort(
      memory: memory,
      base: base,
      count: Int(count.rawValue),
      width: Int(width.rawValue),
      order: order
    )
    return try sort.run()
  }

  /// Refuses arrays that no kernel's memory holds.
  private static func check(_ count: GuestWord, _ width: GuestWord, _ routine: String) throws {
    let (size, overflow) = count.rawValue.multipliedReportingOverflow(by: width.rawValue)
    guard !overflow, size <= 1 << 26 else {
      throw Unmodelled("\(routine): an array of more than 64 MiB")
    }
  }

  /// Finds an element of a sorted array.
  ///
  /// The corresponding kernel routine is `bsearch`. The key is the comparison's first argument.
  private func search(
    _ key: VirtualAddress,
    _ base: VirtualAddress,
    _ count: GuestWord,
    _ width: GuestWord,
    _ order: ElementOrder,
    _ routine: String
  ) throws -> Completion {
    guard count.rawValue > 0, width.rawValue > 0 else { return .returned(VirtualAddress.null) }
    try Self.check(count, width, routine)
    let width = Int(width.rawValue)
    func step(_ low: Int, _ high: Int) -> Completion {
      guard low < high else { return .returned(VirtualAddress.null) }
      let middle = (low + high) / 2
      let element = base + middle * width
      return order.compare(key, element) { result in
        if result == 0 { return .returned(element) }
        return result < 0 ? step(low, middle) : step(middle + 1, high)
      }
    }
    return step(0, Int(count.rawValue))
  }
}

/// How a driver orders two elements: a `__cdecl` routine, with a context before its arguments or without.
struct ElementOrder {
  let routine: VirtualAddress
  let context: VirtualAddress?

  init(_ routine: VirtualAddress, _ context: VirtualAddress? = nil) {
    self.routine = routine
    self.context = context
  }

  /// Compares two elements, and goes on with a number below, equal to or above 0.
  func compare(
    _ first: VirtualAddress,
    _ second: VirtualAddress,
    then body: @escaping (Int32) throws -> Completion
  ) -> Completion {
    let call =
      if let context {
        GuestCall(
          routine,
          context.rawValue,
          first.rawValue,
          second.rawValue,
          convention: .cdecl
        )
      } else {
        GuestCall(routine, first.rawValue, second.rawValue, convention: .cdecl)
      }
    return .call(call, then: { try body(Int32(truncatingIfNeeded: $0)) })
  }
}
