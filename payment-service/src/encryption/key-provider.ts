/** Wraps the keys that stand in the database, with a key that does not. */
export type KeyProvider = {
  kind: 'local' | 'aws-kms'
  /** Names its key without telling it, and is stored with what the key wrapped. */
  id: string
  /** Whether it can unwrap what a key of this id wrapped; whether it may, only trying shows. */
  canUnwrap(wrappedBy: string): boolean
  /** @param number of the key that is wrapped; bound to it, so that one does not unwrap in the place of another. */
  wrap(key: Buffer, number: number): Promise<Buffer>
  /** @throws KeyProviderError that says why not. */
  unwrap(wrapped: Buffer, wrappedBy: string, number: number): Promise<Buffer>
}

/** Why a key could not be wrapped or unwrapped, in a sentence of ours. Holds no secret. */
export class KeyProviderError extends Error {}
