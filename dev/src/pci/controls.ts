/**
 * PCI DSS v4.0.1 as far as FinCore touches it: each requirement with the tests that show it, or with what the operator
 * must do. Numbers are cited, the words are ours. docs/pci/controls.md is made from this table; `npm run pci:evidence` runs
 * the tests and writes the results beside it; `controls.test.ts` fails when a row shows nothing or a test is gone.
 */

/** A test file, and the names of its tests as they stand in it, with `…` for what a name computes. */
export type Shown = { file: string; tests: readonly string[] }

export type Control = {
  requirements: readonly string[]
  /** What is asked, in our words. */
  asks: string
  /** How FinCore meets its part. */
  answer: string
  shownBy?: readonly Shown[]
  /** What code cannot do or show. */
  operator?: string
}

const relay = 'card-relay/src'
const service = 'payment-service/src'

export const controls: readonly Control[] = [
  {
    requirements: ['1.2.4', '1.2.5'],
    asks: 'A current diagram of where card data flows; a list of the services, protocols and ports that are allowed.',
    answer:
      'data-flow.md is made from the launcher’s plans, the port table, the servers’ routes and the imports of the code; a difference fails the build. docs/aws/segmentation.md and network.svg are computed from the AWS templates.',
    shownBy: [
      { file: 'infrastructure/src/aws-pages.test.ts', tests: ['has … as the templates make it; if not: npm run docs'] },
      {
        file: 'dev/src/pci/data-flow.test.ts',
        tests: [
          'every address in a process’s settings is a connection of the diagram, or named as none',
          'every file that can open a connection is listed with its reason',
        ],
      },
    ],
    operator: 'Add your own network, load balancers and people to the diagram, and review it when they change.',
  },
  {
    requirements: ['1.3.1', '1.3.2', '1.4.2'],
    asks: 'Traffic into and out of the cardholder data environment is limited to what is needed; everything else is denied.',
    answer:
      'The relay answers `POST /v1/charges`, `GET /health/live` and `GET /health/ready`, of which the first alone takes a body; admission comes before the first byte of a body; cards leave to the origins of its own list and nowhere else.',
    shownBy: [
      {
        file: `${relay}/server.test.ts`,
        tests: [
          'answers admission’s refusal, reads not one byte of the body, and closes the connection',
          'answers 503 and reads nothing when admission gets no answer',
          'speaks no TLS below 1.2',
        ],
      },
      { file: 'end-to-end/src/raw-card-door.test.ts', tests: ['…: …, before a byte of the body is read', 'when …'] },
      {
        file: 'end-to-end/src/admission-matrix.test.ts',
        tests: ['admits the right cell in both spellings of its address, and reads no byte for any other'],
      },
      {
        file: 'end-to-end/src/admission-closing.test.ts',
        tests: ['when …, for new connections and inside one that is kept'],
      },
      { file: `${service}/card-door/admission.test.ts`, tests: ['admission: … → …'] },
      {
        file: 'infrastructure/src/segmentation/segmentation.test.ts',
        tests: [
          'breaks no demand',
          'lets everyone reach whom the table of flows names, and nobody else',
          'is noticed when …',
        ],
      },
      {
        file: 'infrastructure/src/edge/edge.test.ts',
        tests: ['lets nothing but POST /v1/charges through to the card relay, and reads no body there'],
      },
    ],
    operator:
      'On AWS deploy `infrastructure/` (docs/aws). Elsewhere, firewalls: to the relay from merchants alone; from it to the payment service and the PSPs alone.',
  },
  {
    requirements: ['1.4.4'],
    asks: 'Systems that hold card data are not reachable from untrusted networks.',
    answer:
      'Nothing stores more than the first six and the last four digits. The relay has a card in memory for the time of one request. A card that somebody sends to the public API by mistake is in the payment service’s memory until its tripwire has looked at the bytes.',
    shownBy: [
      {
        file: `${relay}/templates.test.ts`,
        tests: [
          'is one with …: nothing leaves, and that is said',
          'goes to no PSP that has …: nothing leaves, and that is said',
        ],
      },
      {
        file: 'end-to-end/src/residue/residue.test.ts',
        tests: [
          'leaves nothing in FinCore one second after the last of 200 cards, and finds nearly all in its control',
        ],
      },
    ],
    operator:
      'Give the relay’s instances no address that the Internet reaches but that of the load balancer; `infrastructure/` gives them none.',
  },
  {
    requirements: ['2.2'],
    asks: 'Hardened configuration: nothing that is not needed, no defaults.',
    answer:
      'Settings have no default secret, are checked at the start, and all problems are named at once. The relay has no dependency.',
    shownBy: [
      { file: `${relay}/config.test.ts`, tests: ['are reported all at once when nothing is set', 'refuse …'] },
      {
        file: `${relay}/main.test.ts`,
        tests: [
          'names every missing setting and does not start',
          'does not start without what `start.sh` sees to, and names each thing that is missing',
        ],
      },
      {
        file: 'end-to-end/src/hardened-processes.test.ts',
        tests: [
          'leaves no core file',
          'has nothing in its environment but its settings, and what glibc is told',
          'opens no port on SIGUSR1, and goes on',
          'is refused whatever it does not need: its own flags, with a probe in its place',
        ],
      },
      { file: 'dev/src/check-boundaries.test.ts', tests: ['each planted violation is found and named'] },
    ],
    operator: 'Harden the hosts and the images: non-root, read-only root, nothing else installed.',
  },
  {
    requirements: ['3.2.1', '3.3.1', '3.3.1.1', '3.3.1.2', '3.3.1.3', '3.3.2'],
    asks: 'Keep no security code, track or PIN after authorization, not even encrypted; keep as little as possible before.',
    answer:
      'Cards are bytes in the relay’s memory until the answer, then overwritten on every exit. Canaries go in by every way, and every sink is searched.',
    shownBy: [
      {
        file: 'end-to-end/src/metrics.test.ts',
        tests: ['hold no card number, wherever in a request one was, and nothing else that a request can make up'],
      },
      {
        file: 'end-to-end/src/card-traces.test.ts',
        tests: [
          'not in any row of any table',
          'not in any file: logs, PostgreSQL’s data and write-ahead log, what sandbox and shop keep',
          'not in the memory of the payment service',
          'not in any answer or webhook',
        ],
      },
      {
        file: 'end-to-end/src/residue/residue.test.ts',
        tests: [
          'leaves nothing in FinCore one second after the last of 200 cards, and finds nearly all in its control',
        ],
      },
      {
        file: `${relay}/conversation.test.ts`,
        tests: ['sends the card to the PSP and to nobody else, reports, answers, and wipes everything'],
      },
      { file: `${relay}/wiping.test.ts`, tests: ['after …', 'after a shutdown in the middle that waits in vain'] },
      {
        file: `${relay}/echo.test.ts`,
        tests: [
          'reaches the payment service in no spelling, neither in wanted fields nor in others',
          'reaches it in no header, whatever its name',
        ],
      },
      {
        file: `${service}/flows/card-fingerprint.test.ts`,
        tests: ['covers nothing of the security code: the same charge with another code is a repeat'],
      },
    ],
    operator: 'Keep no packet captures or core files of the relay, and no body logs at the load balancer or the WAF.',
  },
  {
    requirements: ['3.4.1'],
    asks: 'Show at most the BIN and the last four digits.',
    answer:
      'Of a number the relay tells first six, last four, brand, length and whether its check digit is right; beside it expiry, holder’s name and the code’s length. The whole number leaves it in the request to the PSP alone, so nothing else can show more.',
    shownBy: [
      {
        file: 'end-to-end/src/card-traces.test.ts',
        tests: ['in a charge that succeeds, its replay, its reads and its webhooks'],
      },
      {
        file: 'demo-shop/src/shop.test.ts',
        tests: ['server to server sends the card to the relay alone, and what is kept and shown of it is masked'],
      },
      {
        file: 'psp-sandbox/src/pages/checkout.test.ts',
        tests: ['mistakes are named at their fields, and neither number nor code comes back'],
      },
    ],
  },
  {
    requirements: ['3.5.1', '3.5.1.1'],
    asks: 'A stored number is unreadable: truncated in one format; a hash of it is keyed.',
    answer:
      'No number is stored. What is stored is first six and last four, always; no hash of a number is made. Searches include SHA and MD5.',
    shownBy: [
      { file: 'end-to-end/src/card-traces.test.ts', tests: ['not in any row of any table'] },
      { file: `${relay}/card.test.ts`, tests: ['moves the digits, leaves stars, and tells only the facts'] },
      {
        file: `${service}/flows/card-fingerprint.test.ts`,
        tests: ['covers of the number what may be shown, so that another card is another request'],
      },
    ],
  },
  {
    requirements: ['3.6.1', '3.6.1.1', '3.7.1', '3.7.4', '3.7.5'],
    asks: 'Keys that protect stored data are themselves protected, kept in few places, changed at the end of their time, and retired or replaced when they may be known.',
    answer:
      'No card number is stored, so no key protects one; the same is done for PSP credentials and webhook secrets. Data keys are random, stand in the database wrapped, and are in the clear in memory alone; what wraps them, a setting or AWS KMS, stands apart. Rotation, retirement and destruction are commands, audited, while payments go on. keys.md lists every secret.',
    shownBy: [
      {
        file: `${service}/encryption/rotate.test.ts`,
        tests: [
          'without data keys ENCRYPTION_KEY seals as ever, and a rotation moves all to a data key; links stay',
          'ENCRYPTION_KEY is replaced without sealing anew: both for a while, re-wrap, then the new one alone',
          'a retired key that seals nothing any more is destroyed a day later',
          'a changed wrapped key, or one in the place of another, is refused',
        ],
      },
      {
        file: `${service}/encryption/under-load.test.ts`,
        tests: ['two services take requests while the keys are rotated twice, and lose none'],
      },
      {
        file: `${service}/encryption/kms.test.ts`,
        tests: ['a wrapped key opens in its own place alone, and with credentials alone'],
      },
    ],
    operator:
      'Decide how long a data key seals (a year at most), name the custodians of ENCRYPTION_KEY or of the key in KMS, and rotate on suspicion.',
  },
  {
    requirements: ['4.2.1', '4.2.1.1'],
    asks: 'Strong TLS with trusted, valid certificates and no fall-back; an inventory of keys and certificates.',
    answer: 'TLS 1.2 and 1.3 alone, both ways. Nothing is sent over a connection whose certificate is not trusted.',
    shownBy: [
      {
        file: `${relay}/server.test.ts`,
        tests: ['speaks no TLS below 1.2', 'gives admission no fingerprint for a certificate of the kind: …'],
      },
      { file: `${relay}/tls-profile.test.ts`, tests: ['takes …', 'refuses …'] },
      {
        file: `${relay}/templates.test.ts`,
        tests: ['goes to no PSP that has …: nothing leaves, and that is said'],
      },
      { file: `${service}/psp-gateway/send.test.ts`, tests: ['sends nothing over a connection that it cannot trust'] },
      {
        file: `${service}/webhooks/outbox/outbox.test.ts`,
        tests: ['speaks only to a server whose certificate is trusted'],
      },
      {
        file: `${service}/store/connection.test.ts`,
        tests: ['with DATABASE_CA the certificate’s chain and name are verified, for the service and for migrations'],
      },
    ],
    operator:
      'Keep the inventory of the relay’s certificate, the clients’ authority and the load balancer’s certificates; revoke at the PSPs’ and your own authority.',
  },
  {
    requirements: ['6.2.4'],
    asks: 'Software withstands injection, attacks on data structures, cryptography, business logic and access control.',
    answer:
      'Injection: parameters and escapes. Data: strict JSON, bounded. Business logic: transition tables, constraints. Access: a matrix. Cryptography: sealed credentials, signatures.',
    shownBy: [
      {
        file: 'end-to-end/src/bad-input.test.ts',
        tests: [
          'answers … with …, and writes nothing',
          'shows a merchant nothing of another’s, and lets them touch nothing of it',
          'says nothing of what was sent, in no answer, log or file, whatever is broken and wherever it is sent',
        ],
      },
      { file: `${relay}/json-scanner.test.ts`, tests: ['agrees on … generated and mutated bodies (seed …)'] },
      { file: `${relay}/attacks.test.ts`, tests: ['is not taken from a Transfer-Encoding of this kind: …'] },
      {
        file: `${service}/payments/decide-charge.test.ts`,
        tests: ['never leaves a final state, whatever the PSP says'],
      },
      {
        file: `${service}/store/catalogue.test.ts`,
        tests: ['refuses money that is not conserved, whatever the code believes'],
      },
      { file: `${service}/webhook-addresses/address-guard.test.ts`, tests: ['is refused: …'] },
      {
        file: `${service}/webhook-addresses/address-tricks.test.ts`,
        tests: ['…: …, which leads to …', 'Redirects: none is followed, by whichever status'],
      },
      { file: `${service}/http/link/matrix.test.ts`, tests: ['shows the merchant’s words as words'] },
      {
        file: `${service}/webhooks/inbox/inbox.test.ts`,
        tests: ['refuses what is forged or for no account, says no more, and audits a flood as one record'],
      },
    ],
  },
  {
    requirements: ['6.3.2', '6.3.3'],
    asks: 'An inventory of own software and third-party components; patches; supported versions only.',
    answer:
      'Versions are pinned in the lock file; the evidence has an SBOM in CycloneDX; an older Node does not start; the relay has no dependency.',
    shownBy: [
      {
        file: 'dev/src/pci/components.test.ts',
        tests: [
          'the card relay has no dependency at all',
          'every component has a version and a hash in the lock file',
          'a Node older than the supported one is refused',
        ],
      },
    ],
    operator: 'Watch for vulnerabilities of the listed components, and deploy critical patches within a month.',
  },
  {
    requirements: ['6.4.1', '6.4.2'],
    asks: 'Public web applications are protected by an automated solution that detects and blocks attacks.',
    answer: 'Outside of the software: a web application firewall before the API and the pages.',
    operator: 'Attach a WAF that blocks, to the API’s and the relay’s load balancers, without logging bodies.',
  },
  {
    requirements: ['6.4.3', '11.6.1'],
    asks: 'Scripts of payment pages are authorised, checked and justified; tampering with them or with headers is noticed.',
    answer:
      'scripts.md lists every script with hash and reason; pages load nothing else; a foreign script does not run; pci:check-pages compares what a deployment serves.',
    shownBy: [
      {
        file: 'end-to-end/src/pages-look.test.ts',
        tests: ['was at every page of the servers’ tables'],
      },
      {
        file: 'end-to-end/src/page-scripts.test.ts',
        tests: [
          '…: what ran is the manifest, byte by byte, and the page is served as it says',
          'planted in …',
          'changed on the way: … of …',
          'changed on the way: … in the frame of the card fields',
          'are missed by nobody who compares a page: each change of its headers, tags and files is found',
        ],
      },
      {
        file: 'end-to-end/src/sdk-payment.test.ts',
        tests: ['succeeds; the card number goes to the PSP and to nobody else'],
      },
      {
        file: 'browser-sdk/src/fincore.test.ts',
        tests: [
          'a token counts only from the very frame while it shows the PSP, even when the forger knows the question',
        ],
      },
      {
        file: 'browser-sdk/src/psp-scripts.test.ts',
        tests: ['not from …', 'are not drawn by a script that was changed on its way'],
      },
    ],
    operator:
      'Run pci:check-pages at least weekly from outside, and answer its alarms. For the PSP’s pages rely on its attestation.',
  },
  {
    requirements: ['6.5.5', '6.5.6'],
    asks: 'No live cards before production; no test data and test accounts in production.',
    answer:
      'Environments are separate deployments. Production makes live keys alone and takes no account at the sandbox PSP, and no test account at another. Test keys and accounts that its database holds all the same are found by no look-up: they are refused and called nowhere, and counted in the log at each start.',
    shownBy: [
      {
        file: `${service}/admin/admin.test.ts`,
        tests: [
          'a key is shown once, of the right environment, and works until it is revoked',
          'a PSP account is stored sealed, tells what preflight found, and production takes no test money',
          'an account is of its environment by its keys: where it is made, enabled, and found',
        ],
      },
      {
        file: `${service}/admin/psp-account-credentials.test.ts`,
        tests: ['an account that moves no money is not made, at a real PSP neither'],
      },
      {
        file: `${service}/environment.test.ts`,
        tests: [
          'refuses test keys at the API, secret and publishable, and at the card relay’s admission',
          'refuses whatever would use an account at the sandbox PSP, before anything is written',
          'refuses a card for it too, before anything is written',
          'never called the sandbox PSP, its resolver neither',
          'says at its start how many there are, without a secret, and no more when they are revoked and disabled',
        ],
      },
      {
        file: 'dev/src/pci/components.test.ts',
        tests: ['no card number stands in the repository but known test numbers'],
      },
    ],
    operator:
      'Begin production with an empty database, never with a copy of the sandbox’s: operators, grants and webhook endpoints would come with it. Use no live card in the sandbox.',
  },
  {
    requirements: ['7.2', '7.3'],
    asks: 'Access by need: least privilege, deny by default.',
    answer:
      'A route without a rule stops the start. Every route is called by every kind of caller. Every right of the database login is listed.',
    shownBy: [
      {
        file: `${service}/server/access-matrix.test.ts`,
        tests: [
          'has a rule for every route, and a route for every rule',
          'is had by those whom the rule names, on every route, and by nobody else',
        ],
      },
      {
        file: `${service}/store/privileges.test.ts`,
        tests: ['the application’s login has the rights of the table, on every table, and is nobody else'],
      },
      {
        file: `${service}/admin/admin.test.ts`,
        tests: ['asking and approving are two operators, in the code and in the table'],
      },
    ],
    operator: 'Decide who is an operator, write down why, and review it every six months.',
  },
  {
    requirements: ['8.2.1', '8.2.2', '8.3.2', '8.6.2', '8.6.3'],
    asks: 'Every person and system has an identity of its own; authentication factors are unreadable in storage; no secret in code; those of systems are changed.',
    answer:
      'Each operator has a name and a token that nobody else has seen; one lets another in, a second approves; tokens and keys are stored as digests. Secrets come by settings; the command line takes none as an argument and shows none. A merchant’s key is rolled without an outage, and what replaced it is in the audit log.',
    shownBy: [
      {
        file: `${service}/admin/admin.test.ts`,
        tests: [
          'operators are made once, get a new token by name, and may not share one',
          'who guesses tokens is soon not heard at all, and operators who work are',
          'a rolled key goes on for its overlap beside a successor of the same scopes, and is rolled once',
        ],
      },
      {
        file: `${service}/cli/profiles.test.ts`,
        tests: [
          'a profile is kept where its owner alone can read it, and its secrets are never shown',
          'a token that is refused, or would cross a network readable, is not kept',
        ],
      },
      {
        file: `${service}/admin/operators.test.ts`,
        tests: [
          'an operator comes in when one has asked and another approved the same token, and not before',
          'who is disabled is out at once, on every process, and what was asked with it is void',
        ],
      },
      {
        file: `${service}/secret-files.test.ts`,
        tests: ['what a file holds anew is in use without a restart; what is wrong is told by name and not used'],
      },
      { file: 'dev/src/pci/components.test.ts', tests: ['no secret stands in the repository'] },
    ],
    operator: 'Let named people in, and disable them when they leave: the service has no end date for a token.',
  },
  {
    requirements: ['8.2.8', '8.3.4', '8.3.6', '8.3.9', '8.4.2', '8.5.1'],
    asks: 'People sign in with passwords of 12 characters, are locked out after ten tries, idle out after 15 minutes, and use a second factor.',
    answer:
      'The service has no passwords, no sessions and no second factor: operators use long random tokens. The rules for people are met before it.',
    operator:
      'Put the admin listener behind a gateway or VPN that signs people in with a second factor, locks out and idles out. Without it these are not met.',
  },
  {
    requirements: ['9'],
    asks: 'Physical access to card data is restricted.',
    answer: 'Nothing of it is software.',
    operator: 'Your cloud provider’s attestation, and your own offices.',
  },
  {
    requirements: ['10.2.1', '10.2.2'],
    asks: 'Audit records of access and of every administrative action, with who, what, when, outcome, origin and resource.',
    answer:
      'Every action of an operator leaves its record, in its own transaction, and one more for a grant that it replaces; refusals of cards and callers are recorded too.',
    shownBy: [
      {
        file: `${service}/admin/admin.test.ts`,
        tests: [
          'every action, refused or not, leaves exactly one audit record',
          'without an operator’s token nothing is told, and the failed sign-in is in the audit log',
        ],
      },
      {
        file: `${service}/card-door/admission.test.ts`,
        tests: ['refusals are in the audit log: the first at once, repeats as a count; admissions are not'],
      },
      {
        file: `${service}/card-door/refuse-card-data.test.ts`,
        tests: [
          'a card at the wrong door: the answer names the field and the right door, the audit record has no digit of it',
        ],
      },
    ],
  },
  {
    requirements: ['10.3.1', '10.3.2', '10.3.3', '10.3.4'],
    asks: 'Audit records are read by few, cannot be changed, and changes are noticed.',
    answer:
      'The application’s login adds and reads; records are sealed into a hash chain; verify finds what was changed, removed or added. On AWS it goes to an archive from which nobody deletes before its time (docs/aws/data.md).',
    shownBy: [
      {
        file: `${service}/audit/audit.test.ts`,
        tests: [
          'verify finds …',
          'a log whose end was cut off, or whose chain was computed anew, is found by a seal that was kept',
          'the application’s login may add records and seals, and neither change nor remove them',
        ],
      },
      {
        file: 'infrastructure/src/checks/data-rules.test.ts',
        tests: ['… keeps data, keys and audit as they must be', 'is noticed when it is not so: …'],
      },
    ],
    operator:
      'Keep the last seal where the database’s owner cannot reach it; verify daily; copy records off promptly (10.3.3).',
  },
  {
    requirements: ['10.4.1', '10.4.1.1', '10.5.1', '10.6', '10.7.2', '10.7.3'],
    asks: 'Logs are reviewed daily and automatically, kept for 12 months with three at hand, by synchronised clocks; failed controls are answered.',
    answer:
      'FinCore never deletes an audit record. While the log takes no records, no raw card is taken. Log lines that need an operator are listed in operating.md; on AWS each raises an alarm that names its runbook (docs/aws/alarms.md).',
    shownBy: [
      {
        file: 'end-to-end/src/audit-log-unavailable.test.ts',
        tests: ['because …: no card is taken, everything else goes on, and afterwards cards are taken again'],
      },
      {
        file: 'infrastructure/src/alarms/alarms.test.ts',
        tests: [
          'every message that the payment service logs as an error raises an alarm, or says why not',
          'every message that operators are told to watch raises an alarm, or says why not',
          'every alarm names a runbook that is there, and in it a chapter that is there',
        ],
      },
      {
        file: 'infrastructure/src/metrics/metrics.test.ts',
        tests: [
          'are held against the alert rules of operations/, and alerts go to the topic of the alarms',
          'raise an alarm when a collector does not answer, ends or drops samples, and when none arrive or no alert leaves',
        ],
      },
    ],
    operator:
      'Alarm on the listed lines, keep backups for 12 months, synchronise the clocks, and write down how you answer.',
  },
  {
    requirements: ['11.3', '11.4', '11.5.1', '11.5.2'],
    asks: 'Vulnerability scans, penetration tests, intrusion detection, change detection on files.',
    answer: 'Outside of the software. drill:mutants shows that the firewall’s own tests notice its weakening.',
    operator:
      'Scans every three months, a penetration test every year and after changes, images pinned by digest with a read-only root.',
  },
  {
    requirements: ['12.5.2.1', '12.8', '12.9', '12.10.7'],
    asks: 'Scope is confirmed; third parties’ compliance is watched; unexpected card data starts an incident.',
    answer:
      'The evidence lists the merchants’ flows and grants with their documents. Card data at a wrong door is refused, overwritten and audited; alarm on card_data.send. What to do when some is found, with the search for all of it: docs/runbooks/card-data-found.md.',
    shownBy: [
      {
        file: `${service}/admin/admin.test.ts`,
        tests: ['a grant warns at 60, 30 and 7 days, once each, and lapses by itself after its last day'],
      },
      {
        file: 'end-to-end/src/card-traces.test.ts',
        tests: ['each at the public API is counted in the audit log, with a field that it stood in'],
      },
      {
        file: 'dev/src/pci/read-scope.test.ts',
        tests: ['the scope lists each merchant’s flows, and the grant that stands behind raw cards'],
      },
      {
        file: 'end-to-end/src/runbooks/runbooks.test.ts',
        tests: ['find card numbers in the database, and show none'],
      },
    ],
    operator:
      'Confirm the scope every year (service providers: every six months), keep the PSPs’ attestations, have a plan for incidents.',
  },
  {
    requirements: ['5', '11.1', '12.1', '12.2', '12.3', '12.4', '12.6', '12.7', '12.10'],
    asks: 'Protection from malware; policies, risk analyses, training, screening, an incident plan.',
    answer: 'Nothing of it is software.',
    operator: 'All of it.',
  },
]
