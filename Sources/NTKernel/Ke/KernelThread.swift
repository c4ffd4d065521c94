public import GuestABI
internal import NTStructures

/// A thread of the guest, as the dispatcher sees it.
public final class KernelThread {
  /// What a thread does.
  public enum State: Sendable {
    case ready, running, waiting, terminated
  }

  /// The number that identifies the thread in its machine, and in `CLIENT_ID`.
  public let id: Int
  /// The thread object, an `ETHREAD`.
  public let body: VirtualAddress
  /// The kernel stack.
  public internal(set) var stack: Range<VirtualAddress>
  /// What the thread runs first, or nil for the thread that makes requests.
  public let start: GuestCall?
  /// What the thread does.
  public internal(set) var state = State.ready
  /// The memory of the process that the thread belongs to.
  public internal(set) var ownSpace: ProcessAddressSpace
  /// The processes that the thread is attached to, the one in force last.
  var attachments: [Attachment] = []

  /// The memory in which the thread runs: of its own process, or of the one it is attached to.
  public var space: ProcessAddressSpace { attachments.last?.space ?? ownSpace }

  /// An attachment of a thread to another process.
  struct Attachment {
    let space: ProcessAddressSpace
    /// The `KAPC_STATE` that the caller keeps, or null for `KeAttachProcess`.
    let state: VirtualAddress
    let caller: VirtualAddress
  }

  /// The result of the wait that has just ended.
  public internal(set) var waitStatus: UInt64 = 0

  /// The objects that the thread waits for.
  var waitObjects: [VirtualAddress] = []
  /// Whether the thread waits for all of them.
  var waitsForAll = false
  /// The interrupt time at which the wait times out, or nil if it does not.
  var deadline: UInt64?
  /// What the wait comes to when its time is up, or nil for what waits for objects come to.
  var timeoutStatus: NTStatus?
  /// Whether the routine that waits returns NULL, whatever the wait comes to.
  var returnsNull = false
  /// The queue that the thread takes entries from, among whose active threads it counts.
  var queue: GuestPointer<KQueue>?
  /// Which of the waits for entries of queues the thread's is, or nil if it waits for none.
  var queueTicket: UInt64?
  /// Whether drivers that want to hear of threads heard of this one, and hear of its end.
  var isAnnounced = false
  /// A wait for objects, or for a time if there are none.
  public struct Wait {
    let objects: [VirtualAddress]
    let isForAll: Bool
    let deadline: UInt64?
  }

  /// The APCs for kernel mode that the thread is to run, first to run first.
  var kernelAPCs: [GuestPointer<KAPC>] = []
  /// The number of those that have no normal routine, which come first.
  var specialAPCCount = 0
  /// The APCs for user mode.
  var userAPCs: [GuestPointer<KAPC>] = []
  /// Whether the normal routine of an APC runs, which others wait for.
  var isRunningNormalAPC = false
  /// The wait that APCs interrupt, and that goes on after them.
  public internal(set) var interruptedWait: Wait?
  /// The mode of the wait, if an alert may end it.
  var alertableWait: ProcessorMode?
  /// The modes in which the thread has been alerted.
  var alerts: Set<ProcessorMode> = []
  /// The critical and the guarded regions that the thread is in.
  var regions: (critical: Int, guarded: Int) = (0, 0)
  /// The request that a file system works for, as it said last: `IoSetTopLevelIrp`.
  var topLevelIRP = VirtualAddress.null
  /// The IRQL while the thread does not run.
  var irql = IRQL.passive

  init(
    id: Int,
    body: VirtualAddress,
    stack: Range<VirtualAddress>,
    start: GuestCall?,
    ownSpace: ProcessAddressSpace
  ) {
    self.id = id
    self.body = body
    self.stack = stack
    self.start = start
    self.ownSpace = ownSpace
  }
}
