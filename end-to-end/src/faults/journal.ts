/** What the merchant asked for, and what he was told; null for a connection that broke or stayed silent. */
export type Asked = {
  /** The drill's own number of the payment that it belongs to. */
  payment: number
  method: 'GET' | 'POST'
  path: string
  /** The idempotency key; null for a GET. */
  key: string | null
  request: object | null
  /** In milliseconds since the drill began. */
  startedAt: number
  endedAt: number
  status: number | null
  body: Readonly<Record<string, unknown>> | null
}

/** Whether the merchant was told that a charge was made. */
export function isCharge({ method, path, status }: Asked): boolean {
  return method === 'POST' && path === '/v1/charges' && status === 201
}

/** All that was seen from outside while the drill ran; the invariants judge by it, and the stories are told from it. */
export type Journal = {
  readonly asked: readonly Asked[]
  record(asked: Asked): void
  /** Remembers something about an object of ours or a reference. */
  note(about: string, text: string): void
  notesAbout(about: string): readonly string[]
  /** Milliseconds since the drill began. */
  now(): number
  /** Wall clock of the beginning, in milliseconds since 1970. */
  readonly beganAt: number
}

export function createJournal(): Journal {
  const asked: Asked[] = []
  const notes = new Map<string, string[]>()
  const beganAt = Date.now()
  const origin = performance.now()
  const now = () => performance.now() - origin
  return {
    asked,
    beganAt,
    now,
    record: (one) => void asked.push(one),
    note: (about, text) => {
      const list = notes.get(about) ?? []
      if (list.length === 0) notes.set(about, list)
      list.push(`${(now() / 1000).toFixed(3)} s  ${text}`)
    },
    notesAbout: (about) => notes.get(about) ?? [],
  }
}
