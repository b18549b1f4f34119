/** What test files that run in one process use one after the other. */
export type Shared<T> = {
  open(): Promise<T>
  /** Leaves it to the next file, and ends it when every file that said that it would use it has closed it. */
  close(): Promise<void>
}

/**
 * Lets test files share what takes seconds to start: each says while it is loaded that it will use it. The files stand in
 * one process when `dev/src/test-groups.ts` finds their words for it in them; one that runs by itself has it alone.
 *
 * @param leave leaves nothing of a file to the next one.
 */
export function shareAmongFiles<T>(
  start: () => Promise<T>,
  leave: (shared: T) => Promise<unknown>,
  end: (shared: T) => Promise<unknown>,
): () => Shared<T> {
  let users = 0
  let opened: Promise<T> | undefined
  return () => {
    users++
    return {
      open() {
        opened ??= start()
        return opened
      },
      async close() {
        users--
        const shared = await opened
        if (shared === undefined) return
        await leave(shared)
        if (users > 0) return
        opened = undefined
        await end(shared)
      },
    }
  }
}
