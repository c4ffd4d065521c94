internal import GuestABI

/// How the pages of an MDL are to be mapped.
struct MappingStyle {
  /// The cache type for pages that have none yet.
  var cacheType = CachingType.cached
  /// Whether the pages may be written through the mapping.
  var isWritable = true
  /// Whether code may run in the mapping, if the page tables can forbid that.
  var isExecutable = true
  /// Whether the caller gets the address of the buffer, or of its first page.
  var includesOffset = true
  /// Whether that depends on how the documents are read (KD-002).
  var dependsOnReading = false
  /// Where in the process the caller wants the mapping, or NULL if it does not care.
  var requestedAddress = VirtualAddress.null
}

/// Why pages cannot be mapped into system space.
enum MappingFailure {
  /// There are not as many system PTEs in a row.
  case noRoom(pageCount: Int)
  /// The pages have another cache type (KD-014).
  case cacheConflict
}
