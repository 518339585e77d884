import Synchronization

/// Foundation's `Process` crashes on Linux where many threads start one at once, so tests start them one by one.
public enum Launching {
  public static let lock = Mutex(())
}
