import type { PspReply } from '../psp-gateway/port.ts'
import type { Attributes } from './trace-table.ts'

/** What a span says of a call to a PSP before it is made. */
export function describeCall(psp: string, pspAccount: string, operation: string): Attributes {
  return { 'fincore.psp': psp, 'fincore.psp_account': pspAccount, 'fincore.operation': operation }
}

/** How it went: the status of an answer, or the word for why there is none. */
export function describeReply(reply: PspReply): Attributes {
  return 'failure' in reply ? { 'error.type': reply.failure } : { 'http.response.status_code': reply.status }
}
