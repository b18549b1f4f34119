/**
 * The memory that card data may lie in. Every buffer with a card number, a security code or a request that holds them
 * comes from here: outside Node's shared pool and V8's heap, known by reference, and overwritten when its work is done.
 */
export type CardMemory = {
  /** Gives a buffer of `size` bytes of its own. Whoever takes it wipes it in a `finally`. */
  take(size: number): Buffer
  /** Overwrites the buffer with zeros and forgets it. */
  wipe(buffer: Buffer): void
  /** Overwrites all that is left: the last act of a shutdown or a crash. */
  wipeAll(): void
  /** How many buffers are not wiped yet. */
  count(): number
}

/**
 * Gives memory outside V8's own heap. `Buffer.allocUnsafeSlow` does not for 64 bytes and less: V8 keeps such a small
 * buffer inside its heap, and copies it when it moves it or hands it to native code; those copies nobody overwrites.
 * Measured in `residue.test.ts`: 54 of 400 cards stood in the process's memory then, one with this allocation.
 */
export function allocateOutsideHeap(size: number): Buffer {
  return Buffer.from(new ArrayBuffer(size))
}

/** A test passes an allocation of its own, to keep the references. */
export function makeCardMemory(allocate: (size: number) => Buffer = allocateOutsideHeap): CardMemory {
  const live = new Set<Buffer>()
  return {
    take(size) {
      const buffer = allocate(size)
      live.add(buffer)
      return buffer
    },
    wipe(buffer) {
      buffer.fill(0)
      live.delete(buffer)
    },
    wipeAll() {
      for (const buffer of live) buffer.fill(0)
      live.clear()
    },
    count: () => live.size,
  }
}
