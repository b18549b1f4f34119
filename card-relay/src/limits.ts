/** Every bound of the relay in one table: nothing that comes from outside is unlimited in size, time or number. */
export const limits = {
  /** In all, and of one peer (`peers.ts`). */
  connections: 2_048,
  connectionsPerPeer: 256,
  /** Admitted charges under way at once; each may hold one body and one PSP reply in memory. */
  charges: 512,
  /** Questions to admission under way at once, in all and of one peer. Anyone can make the relay ask. */
  admissions: 256,
  admissionsPerPeer: 16,
  /** JSON: containers inside each other, and keys in one object. */
  jsonDepth: 32,
  jsonKeys: 512,
  /** Keys of metadata in which a merchant's own numbers are let through. */
  exemptKeys: 16,
  /** Paths that an instruction may name of a PSP's reply. */
  replyFields: 64,
  /** The design allows 5 s; the payment service gets the other second for spreading a revocation. */
  admitRememberedMs: 4_000,
  admitsRemembered: 10_000,
  admissionTimeoutMs: 5_000,
  openChargeTimeoutMs: 10_000,
  /** One try to report; the pauses between tries stand in `conversation.ts`. */
  reportTimeoutMs: 5_000,
  /** The refusal of a charge waits for it. */
  strayNumberTimeoutMs: 1_000,
  internalReplyBytes: 262_144,
  /** Sends of one charge: the first PSP and what the payment service may try after a proven refusal. */
  sendsPerCharge: 4,
  pspReplyBytes: 65_536,
  pspTimeoutMs: 60_000,
  /** A client that does not read its answer would keep its place for as long as it likes. */
  answerTimeoutMs: 10_000,
  /** A call to a PSP may take its 10 s, and be followed by tries to report it; whoever ends the relay waits for 30 s. */
  shutdownMs: 25_000,
} as const

/** A test takes smaller ones, which it can reach. */
export type Limits = { readonly [Name in keyof typeof limits]: number }

/** The public contract's largest body, and the time from the first moment that it is read to its last byte. */
export const bodyLimits = { bytes: 65_536, timeoutMs: 10_000 } as const
/** How much of a refused body is thrown away, and for how long, so that the client gets to read its answer. */
export const discardLimits = { bytes: 4 * 1_048_576, timeoutMs: 1_000 } as const

/** The bounds that Node itself keeps for the server. */
export const serverLimits = {
  handshakeTimeout: 5_000,
  maxHeaderSize: 16_384,
  headersTimeout: 5_000,
  /** A second net behind `headersTimeout` and `bodyLimits`. */
  requestTimeout: 30_000,
  /** Longer than the 60 s after which AWS load balancers drop an idle connection, so that they never meet a closed one. */
  keepAliveTimeout: 65_000,
  connectionsCheckingInterval: 1_000,
} as const
