/** A documented refusal: nothing was done. `param` is the dotted path of the field at fault. */
export class Rejection extends Error {
  readonly status: number
  readonly code: string
  readonly param: string | null

  constructor(status: number, code: string, message: string, param: string | null = null) {
    super(message)
    this.status = status
    this.code = code
    this.param = param
  }
}

/** The body of every answer of 400 and above. */
export function errorBody(code: string, message: string, param: string | null = null) {
  return { error: { code, message, param } }
}
