// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .treatAllWarnings(as: .error),
  // Debug builds, and with them the tests, check that no two accesses overlap. In the program the checks
  // are a fifth of the time of a call from the guest.
  .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release)),
]

let package = Package(
  name: "Lockstep",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "lockstep", targets: ["LockstepCLI"]),
    .library(
      name: "Lockstep",
      targets: [
        "Lockstep", "Findings", "NTKernel", "NTStructures", "NTReleases", "PortableExecutable",
        "GuestEngine", "GuestABI", "UnicornEngine", "Snapshots", "SourceChecker",
      ]
    ),
    .library(name: "ReferenceModel", targets: ["ReferenceModel"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    // The program.
    .executableTarget(
      name: "LockstepCLI",
      dependencies: ["LockstepCommands"],
      swiftSettings: strict
    ),
    .target(
      name: "LockstepCommands",
      dependencies: [
        "Lockstep", "Reports", "Findings", "NTReleases", "PortableExecutable", "UnicornEngine",
        "GuestABI", "SourceChecker",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict
    ),
    .target(
      name: "Reports",
      dependencies: ["Findings", "NTReleases", "SourceChecker"],
      swiftSettings: strict
    ),
    .target(
      name: "Lockstep",
      dependencies: [
        "NTKernel", "NTStructures", "NTReleases", "GuestABI", "GuestEngine", "PortableExecutable",
        "Findings", "Snapshots", .product(name: "Yams", package: "Yams"),
      ],
      swiftSettings: strict
    ),
    .target(name: "Findings", dependencies: ["NTReleases"], swiftSettings: strict),

    // What checks drivers' sources.
    .target(
      name: "SourceChecker",
      dependencies: ["Findings", "NTReleases", "CTreeSitter"],
      swiftSettings: strict
    ),
    .target(name: "CTreeSitter"),

    // The model of the kernel, and the facts that it rests on.
    .target(
      name: "NTKernel",
      dependencies: ["NTStructures", "NTReleases", "GuestABI", "Snapshots"],
      swiftSettings: strict
    ),
    .target(name: "NTStructures", dependencies: ["GuestABI"], swiftSettings: strict),
    .target(name: "NTReleases", dependencies: ["CNTFacts"], swiftSettings: strict),
    .target(name: "CNTFacts", exclude: ["Data"]),
    .target(name: "PortableExecutable", swiftSettings: strict),

    // A much simpler model, which the tests and the benchmarks compare the kernel's with.
    .target(
      name: "ReferenceModel",
      dependencies: ["NTKernel", "NTStructures", "NTReleases", "GuestABI"],
      swiftSettings: strict
    ),

    // The processor.
    .target(
      name: "UnicornEngine",
      dependencies: ["GuestEngine", "GuestABI", "Snapshots", "CUnicorn"],
      swiftSettings: strict
    ),
    .target(name: "CUnicorn"),
    .target(name: "GuestEngine", dependencies: ["GuestABI", "Snapshots"], swiftSettings: strict),
    .target(name: "GuestABI", dependencies: ["Snapshots"], swiftSettings: strict),
    .target(name: "Snapshots", swiftSettings: strict),

    // Tests, a target for each module.
    .testTarget(
      name: "LockstepTests",
      dependencies: [
        "Lockstep", "LockstepCommands", "Reports", "Findings", "NTKernel", "NTStructures",
        "NTReleases",
        "PortableExecutable", "GuestABI", "GuestEngine", "UnicornEngine", "Snapshots",
        "SourceChecker",
      ],
      swiftSettings: strict
    ),
    .testTarget(
      name: "NTKernelTests",
      dependencies: ["NTKernel", "NTStructures", "NTReleases", "GuestABI", "ReferenceModel"],
      swiftSettings: strict
    ),
    .testTarget(
      name: "LockstepCommandsTests",
      dependencies: [
        "LockstepCommands", "Reports", "Findings", "NTReleases", "PortableExecutable",
        "SourceChecker", .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict
    ),
    .testTarget(
      name: "ReportsTests",
      dependencies: ["Reports", "Findings", "NTReleases", "SourceChecker"],
      swiftSettings: strict
    ),
    .testTarget(
      name: "SourceCheckerTests",
      dependencies: ["SourceChecker", "Findings", "NTReleases"],
      exclude: ["Corpus"],
      swiftSettings: strict
    ),
    .testTarget(name: "NTReleasesTests", dependencies: ["NTReleases"], swiftSettings: strict),
    .testTarget(
      name: "NTStructuresTests",
      dependencies: ["NTStructures", "NTReleases", "GuestABI"],
      swiftSettings: strict
    ),
    .testTarget(
      name: "UnicornEngineTests",
      dependencies: ["UnicornEngine", "GuestEngine", "GuestABI"],
      swiftSettings: strict
    ),
    .testTarget(
      name: "GuestEngineTests",
      dependencies: ["GuestEngine", "GuestABI", "UnicornEngine"],
      swiftSettings: strict
    ),
    .testTarget(name: "GuestABITests", dependencies: ["GuestABI"], swiftSettings: strict),
    .testTarget(name: "SnapshotsTests", dependencies: ["Snapshots"], swiftSettings: strict),
    .testTarget(
      name: "PortableExecutableTests",
      dependencies: ["PortableExecutable"],
      swiftSettings: strict
    ),
  ]
)
