import LockstepCommands

await LockstepProgram.main()
