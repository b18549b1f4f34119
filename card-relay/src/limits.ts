/** Every bound of the relay in one table: nothing that comes from outside is unlimited in size, time or number. */
export const limits = {
  /** The public contract's largest body. */
  bodyBytes: 65_536,
  /** From the first moment that the relay reads the body to its last byte. */
  bodyTimeoutMs: 10_000,
  headerBytes: 16_384,
  headersTimeoutMs: 5_000,
  /** Node's own second net behind the two above. */
  requestTimeoutMs: 30_000,
  handshakeTimeoutMs: 5_000,
  /** Longer than the 60 s after which AWS load balancers drop an idle connection, so that they never meet a closed one. */
  keepAliveTimeoutMs: 65_000,
  requestsPerConnection: 1_000,
  connections: 2_048,
  /** Of one peer (`peers.ts`): connections without a request yet, and connections whose last one was answered. */
  freshPerPeer: 256,
  idlePerPeer: 64,
  /** Admitted charges under way at once; each may hold one body and one PSP reply in memory. */
  charges: 512,
  /** Questions to admission under way at once, in all and of one peer. Anyone can make the relay ask. */
  admissions: 256,
  admissionsPerPeer: 16,
  /** How long, and how much of, a refused body is thrown away so that the client gets to read its answer. */
  discardTimeoutMs: 1_000,
  discardBytes: 4 * 1_048_576,
  /** JSON: containers inside each other, and keys in one object. */
  jsonDepth: 32,
  jsonKeys: 512,
  /** The design allows 5 s; the payment service gets the other second for spreading a revocation. */
  admitRememberedMs: 4_000,
  admitsRemembered: 10_000,
  admissionTimeoutMs: 5_000,
  openChargeTimeoutMs: 10_000,
  /** One try to report; the pauses between tries stand in `conversation.ts`. */
  reportTimeoutMs: 5_000,
  internalReplyBytes: 262_144,
  /** Sends of one charge: the first PSP and what the payment service may try after a proven refusal. */
  sendsPerCharge: 4,
  pspReplyBytes: 65_536,
  pspTimeoutMs: 60_000,
  shutdownMs: 10_000,
} as const
