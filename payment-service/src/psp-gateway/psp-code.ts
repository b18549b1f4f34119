/**
 * A PSP's code as it may be kept and shown: a short word or number. Null for anything else, above all for what may have
 * a card number in it.
 */
export function readPspCode(code: string | null | undefined): string | null {
  return typeof code === 'string' && /^\w[\w.-]{0,63}$/.test(code) && !/\d{7}/.test(code) ? code : null
}
