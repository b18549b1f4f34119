import {
  blockedFlowNotice,
  disabledEndpointNotice,
  expiredGrantNotice,
  failingEndpointNotice,
  lapsingGrantNotice,
  type NewNotice,
  type NoticeKind,
  noticeKinds,
} from '@fincore/payment-service/notices/notice-texts'
import { table } from './doc-page.ts'

const merchant = { merchant: 'Mug Shop', merchantId: 'mer_01kx7p2z3r8v9w0a1b2c3d4e5f' }
const endpoint = {
  ...merchant,
  endpoint: 'whe_01kx7p2z3r8v9w0a1b2c3d4e5f',
  host: 'shop.example',
  failingSince: new Date('2026-11-23T12:00:00Z'),
}
const grant = { ...merchant, grant: 'grant_01kx7p2z3r8v9w0a1b2c3d4e5f', validUntil: '2026-12-23' }

const examples: Record<NoticeKind, NewNotice> = {
  webhook_endpoint_failing: failingEndpointNotice(endpoint),
  webhook_endpoint_disabled: disabledEndpointNotice('failing', endpoint),
  card_testing_flow_blocked: blockedFlowNotice({
    ...merchant,
    block: 'ctb_01kx7p2z3r8v9w0a1b2c3d4e5f',
    flow: 'token',
    declined: 9,
    approved: 0,
    until: new Date('2026-11-23T12:30:00Z'),
  }),
  raw_card_grant_lapsing: lapsingGrantNotice({ ...grant, daysLeft: 30 }),
  raw_card_grant_expired: expiredGrantNotice({ ...grant, daysLeft: -1 }),
}

/** The page about notices, each with an example as it is written. */
export function describeNotices(): string {
  return [
    'What an operator should know of a merchant, written as an e-mail that is ready to be sent: a subject of one line and a plain',
    'text, without a secret and without card data. FinCore sends no mail; a small script of yours takes what is open, sends it, and',
    'marks it as seen. Each is made once, in the transaction of what it tells.',
    '',
    '```sh',
    "as $alice GET '/notices?state=open'",
    'as $alice POST /notices/ntc_…/acknowledge',
    '```',
    '',
    '(`as` and `$alice` are those of [operating.md](operating.md).) The list has the newest first; `state=acknowledged` shows those that',
    'were seen, with who saw them and when, and `merchant=mer_…` those of one merchant. Acknowledging is in the audit log, as',
    '`notice.acknowledge`; doing it twice changes nothing. A notice is forgotten a year after it was acknowledged.',
    '',
    '## Kinds',
    '',
    table(
      ['Kind', 'When it is made'],
      Object.entries(noticeKinds).map(([kind, meaning]) => [`\`${kind}\``, meaning]),
    ),
    '',
    ...Object.values(examples).flatMap(({ kind, subject, body }) => [
      `### \`${kind}\``,
      '',
      '```text',
      subject,
      '',
      body.trimEnd(),
      '```',
      '',
    ]),
  ].join('\n')
}
