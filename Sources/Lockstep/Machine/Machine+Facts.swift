internal import NTKernel
public import NTReleases

extension Machine {
  /// What the release does where releases differ.
  public var behaviour: Behaviour { kernel.manager.behaviour }
}
