import { logFields } from '@fincore/payment-service/log'
import { wordTable } from './doc-page.ts'

/** The page about the lines of the log. */
export function describeLogs(): string {
  return [
    'payment-service and card-relay write JSON lines to stdout, one for each thing. A line holds the fields below and no other: they are',
    'an allow-list by type, so that a body, a header or another program’s message cannot be passed to it. What each message asks of',
    'you is in [operating.md](operating.md#what-to-watch).',
    '',
    '```json',
    '{"level":30,"time":"2026-11-30T00:46:29.120Z","request_id":"req_01kx7p2z3r8v9w0a1b2c3d4e5f","merchant":"mer_01kx7p2z3r8v9w0a1b2c3d4e5f","object":"ch_01kx7p2z3r8v9w0a1b2c3d4e5f","route":"POST /v1/charges","status":201,"duration_ms":41,"message":"request"}',
    '```',
    '',
    '`level` is 20 (debug), 30 (info), 40 (warn) or 50 (error). Every request has one line, `request`, when it is answered. Whatever is',
    'logged while it is answered, however deep below, has its `request_id` and `merchant` too; what jobs log names its own object.',
    'With `LOG_LEVEL=warn` the lines of requests are left out, and counted all the same ([metrics](metrics.md)).',
    '',
    wordTable('Field', logFields),
  ].join('\n')
}
