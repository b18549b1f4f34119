/** Why the payment service does not start: one line with what is wrong, why, and what to do. Holds no secret. */
export class StartError extends Error {
  /** The line without who cannot start, for a command that has the same settings. */
  readonly reason: string
  constructor(line: string) {
    super(`payment-service cannot start: ${line}`)
    this.reason = line
    this.name = 'StartError'
  }
}
