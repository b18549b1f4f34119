import { type AddressTrick, addressTricks } from '@fincore/payment-service/webhook-addresses/address-tricks'
import { specialLabels } from '@fincore/payment-service/webhook-addresses/special-names'
import { table } from './doc-page.ts'

/** The page about where webhooks may go, with every trick that is tried in the tests. */
export function describeAddressTricks(): string {
  const count = Object.values(addressTricks).flat().length
  return [
    'A merchant names the address that its events are sent to, and FinCore sends them from inside your network. So an address must',
    'lead to the public Internet, or a merchant, or whoever has a merchant’s key, could have FinCore knock at doors that only',
    'insiders reach: a metadata service that gives away credentials, a database, the machine itself. And not only knock: the',
    'beginning of each answer is shown in the log of tries.',
    '',
    'It is checked twice. **When an endpoint is set**, the URL is read as the sender reads it, by the URL standard, which turns',
    '`0x7f.1` into `127.0.0.1`; then its name is resolved, and one address that is not public refuses all of them',
    '([`webhook_url_not_allowed`](errors.md#webhook_url_not_allowed)). **When an event is sent**, all of it once more, and the',
    'connection goes to the very address that was checked, so it does not matter what the name leads to a moment later. Such a',
    'try fails with `address_not_allowed`. No redirect is followed.',
    '',
    'Public is: IPv4 that is not reserved for anything; IPv6 in `2000::/3` without 6to4, Teredo and the ranges for documentation; and',
    'IPv4 behind NAT64 when it is public itself. Only `https:`, no user and no password. Any port.',
    '',
    '`ALLOW_LOOPBACK_WEBHOOKS=true` opens loopback for development, `http:` included, and nothing else.',
    '',
    `## The ${count} tricks that are tried`,
    '',
    'Each is tried in the tests: against the check, and against the sender with a real DNS server, beside a server on loopback that',
    'must get no connection. *At setting* means that the endpoint cannot be made; *at sending*, that it can, because then its name',
    'led to the public Internet, and that nothing is sent inside.',
    '',
    ...Object.entries(addressTricks).flatMap(([group, rows]) => [
      `### ${group}`,
      '',
      table(['Written', 'Leads to', 'Refused'], rows.map(describeTrick)),
      '',
    ]),
    '## Names that are refused without asking',
    '',
    'A name of one word, and one that ends in a label of this table or in `home.arpa`.',
    '',
    table(
      ['Ends in', 'Because it is for'],
      Object.entries(specialLabels).map(([label, why]) => [`\`.${label}\``, why]),
    ),
  ].join('\n')
}

function describeTrick({ url, leadsTo, dns, redirect }: AddressTrick): string[] {
  const written = url.replace(':{port}', '').replace('\t', '⇥').replace('\u00ad', '␣').replace(/^ /, '␣')
  const answers =
    dns === undefined ? '' : `, answered with ${[...new Set([...dns.atSetting, ...dns.atSending])].join(', ')}`
  const status = redirect === undefined ? '' : `, which answers ${redirect}`
  const isLate = redirect !== undefined || (dns !== undefined && dns.atSending !== dns.atSetting)
  const when = redirect !== undefined ? 'not followed' : isLate ? 'at sending' : 'at setting'
  return [`\`${written}\`${answers}${status}`, leadsTo.replace(':{port}', ''), when]
}
