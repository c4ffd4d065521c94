#if canImport(Glibc)
private import Glibc
#else
private import Darwin
#endif

/// The state of an object and of all that it refers to, as it was when the snapshot was taken.
///
/// Nothing has to be declared for a stored property to be part of it, so none can be forgotten. Objects
/// that were made since are dropped when the state is brought back. Values are shared with the objects until
/// these change them, and what did not change costs a comparison of bits: equal bits of a value that
/// the snapshot holds too are the same value.
public final class Snapshot {
  private struct SavedObject {
    let object: AnyObject
    let place: UnsafeMutableRawPointer
    let copy: UnsafeMutableRawPointer
    let layout: ClassLayout
  }

  private let saved: [SavedObject]
  private let restorers: [() -> Void]

  /// Takes a snapshot, which makes earlier ones of the same objects unusable.
  public init(of root: AnyObject) {
    let graph = ObjectGraph(from: root)
    saved = graph.objects.compactMap { object in
      guard let layout = graph.layout(of: object), !layout.variables.isEmpty else { return nil }
      let place = Unmanaged.passUnretained(object).toOpaque() + layout.extent.lowerBound
      let copy = UnsafeMutableRawPointer.allocate(byteCount: layout.extent.count, alignment: 16)
      copy.copyMemory(from: place, byteCount: layout.extent.count)
      for variable in layout.variables {
        let offset = variable.offset - layout.extent.lowerBound
        variable.code.initialize(copy + offset, from: place + offset)
      }
      return SavedObject(object: object, place: place, copy: copy, layout: layout)
    }
    restorers = graph.objects.compactMap { ($0 as? any StateSaving)?.saveState() }
  }

  deinit {
    for saved in saved {
      for variable in saved.layout.variables {
        variable.code.deinitialize(
          saved.copy + (variable.offset - saved.layout.extent.lowerBound)
        )
      }
      saved.copy.deallocate()
    }
  }

  /// Brings the state back, as often as it is called.
  public func restore() {
    for saved in saved {
      let extent = saved.layout.extent
      if memcmp(saved.place, saved.copy, extent.count) == 0 { continue }
      for variable in saved.layout.variables {
        let offset = variable.offset - extent.lowerBound
        if memcmp(saved.place + offset, saved.copy + offset, variable.code.size) != 0 {
          variable.code.assign(saved.place + offset, from: saved.copy + offset)
        }
      }
    }
    for restore in restorers { restore() }
  }
}
