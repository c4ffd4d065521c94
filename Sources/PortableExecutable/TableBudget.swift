/// A bound on what an image's tables may describe.
///
/// The tables point at each other freely, so a small file can claim that a million entries share
/// one long name. In a linked image each entry and each name takes its own bytes of the file; the
/// budget is twice the file's size, which leaves room for linkers that share equal names.
struct TableBudget {
  private var remaining: Int

  init(fileSize: Int) { remaining = 2 * fileSize }

  /// Takes the bytes of an entry of a table, and fails when the file cannot hold so much.
  mutating func spend(_ count: Int, on table: String) throws(PortableExecutableError) {
    guard count <= remaining else {
      throw .malformed("the \(table) describes more than the file can hold")
    }
    remaining -= count
  }
}
