/** Why the payment service does not start: one line with what is wrong, why, and what to do. Holds no secret. */
export class StartError extends Error {
  constructor(line: string) {
    super(`payment-service cannot start: ${line}`)
    this.name = 'StartError'
  }
}
