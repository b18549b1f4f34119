export type Result = 'ok' | 'warning' | 'error' | 'unchecked'
export type FindingRow = {
  about: string
  result: Result
  meaning: string
  /** What to mend, and how; null where there is nothing to do. */
  todo: string | null
}

/** Everything that `fincore doctor` can find. docs/cli.md is made from this table. */
export const doctorFindings = {
  admin_signed_in: {
    about: 'admin API',
    result: 'ok',
    meaning: 'The admin API answers, and takes the token.',
    todo: null,
  },
  admin_not_reached: {
    about: 'admin API',
    result: 'error',
    meaning: 'The admin API does not answer.',
    todo: 'Does a process with the role admin run, and is there a way to it from here? Without it nothing else can be asked.',
  },
  admin_refused: {
    about: 'admin API',
    result: 'error',
    meaning: 'The admin API does not take the token.',
    todo: 'Log in again. A token is good until its operator rolls it, is disabled, or gets another one by BOOTSTRAP_OPERATORS.',
  },
  admin_unchecked: {
    about: 'admin API',
    result: 'unchecked',
    meaning: 'There is no operator’s token, so only the API was looked at.',
    todo: 'For the whole deployment: fincore login --admin-url https://…',
  },
  api_answers: { about: 'API', result: 'ok', meaning: 'The API answers.', todo: null },
  api_not_reached: {
    about: 'API',
    result: 'error',
    meaning: 'The API does not answer at PUBLIC_URL.',
    todo: 'Does a process with the role api run? Do the name and the load balancer lead to it? Merchants cannot be paid.',
  },
  api_refused: {
    about: 'API',
    result: 'error',
    meaning: 'The API does not take the secret key.',
    todo: 'Was the key revoked, or rolled? An operator sees it with fincore keys list.',
  },
  relay_answers: { about: 'card relay', result: 'ok', meaning: 'The card relay answers.', todo: null },
  relay_not_reached: {
    about: 'card relay',
    result: 'error',
    meaning: 'The card relay does not answer at RELAY_URL.',
    todo: 'Does it run, and does RELAY_URL lead to it? Raw cards cannot be charged; tokens and hosted pages can.',
  },
  certificate_good: { about: 'certificate', result: 'ok', meaning: 'The certificate is good for a while.', todo: null },
  certificate_ends_soon: {
    about: 'certificate',
    result: 'warning',
    meaning: 'The certificate ends within 30 days.',
    todo: 'Renew it now, or see why its renewal did not happen by itself.',
  },
  certificate_ends_now: {
    about: 'certificate',
    result: 'error',
    meaning: 'The certificate has ended, or ends within 7 days.',
    todo: 'Renew it today: from its end on, nobody connects.',
  },
  certificate_not_trusted: {
    about: 'certificate',
    result: 'error',
    meaning: 'The certificate is not trusted here, or is of another name.',
    todo: 'Have one made by an authority that merchants trust; for one of your own give --ca-file at fincore login.',
  },
  clock_agrees: { about: 'clock', result: 'ok', meaning: 'Both clocks agree.', todo: null },
  clock_differs: {
    about: 'clock',
    result: 'warning',
    meaning: 'The server’s clock and this machine’s differ by more than 5 seconds.',
    todo: 'See which one is wrong, and whether it is kept by NTP.',
  },
  clock_far_off: {
    about: 'clock',
    result: 'error',
    meaning: 'The server’s clock and this machine’s differ by more than a minute.',
    todo: 'Mend the wrong one. With a server’s clock five minutes off, merchants refuse every webhook, and it refuses the PSPs’.',
  },
  database_fits: {
    about: 'database',
    result: 'ok',
    meaning: 'The database answers, and its schema is the one of this version.',
    todo: null,
  },
  database_unchecked: {
    about: 'database',
    result: 'unchecked',
    meaning: 'DATABASE_URL is not set, so the database was not asked.',
    todo: 'Run it where the service’s settings are, or give --database-url.',
  },
  database_not_reached: {
    about: 'database',
    result: 'error',
    meaning: 'The database does not answer, or does not let this login in.',
    todo: 'Is it up, and are host, login and password in DATABASE_URL right?',
  },
  database_empty: {
    about: 'database',
    result: 'error',
    meaning: 'The database has no schema of FinCore.',
    todo: 'Start a payment service with MIGRATIONS_DATABASE_URL. Is it the right database?',
  },
  database_behind: {
    about: 'database',
    result: 'error',
    meaning: 'The database lacks migrations of this version.',
    todo: 'Run `fincore migrate` of this version.',
  },
  database_ahead: {
    about: 'database',
    result: 'error',
    meaning: 'A newer version than this program took away what this one may use in the database.',
    todo: 'Take this program from the version that is deployed.',
  },
  psp_account_right: {
    about: 'PSP account',
    result: 'ok',
    meaning: 'The account is set up well at its PSP.',
    todo: null,
  },
  psp_account_warning: {
    about: 'PSP account',
    result: 'warning',
    meaning: 'Something about the account should be looked at.',
    todo: 'fincore psp check --merchant … says more.',
  },
  psp_account_wrong: {
    about: 'PSP account',
    result: 'error',
    meaning: 'The account is set up wrongly at its PSP.',
    todo: 'fincore psp check --merchant … says what, and how to mend it.',
  },
  psp_account_unchecked: {
    about: 'PSP account',
    result: 'unchecked',
    meaning: 'The account could not be checked just now.',
    todo: 'fincore psp check --merchant … tries it again.',
  },
  merchant_without_account: {
    about: 'PSP account',
    result: 'warning',
    meaning: 'The merchant has no account in use at any PSP, and cannot be paid.',
    todo: 'fincore psp add --merchant … --psp …',
  },
  key_of_other_environment: {
    about: 'keys',
    result: 'error',
    meaning: 'A key of the other environment stands in this database. It is refused.',
    todo: 'fincore keys revoke … Was a database copied?',
  },
  grants_hold: { about: 'raw-card grants', result: 'ok', meaning: 'No grant ends soon or waits.', todo: null },
  grant_ends_soon: {
    about: 'raw-card grants',
    result: 'warning',
    meaning: 'A grant ends within 60 days.',
    todo: 'Ask the merchant for new evidence; then fincore raw-card request and approve.',
  },
  grant_ends_now: {
    about: 'raw-card grants',
    result: 'error',
    meaning: 'A grant ends within 7 days; then the merchant’s cards are refused.',
    todo: 'Today: new evidence, fincore raw-card request, and another operator’s approve.',
  },
  grant_waits: {
    about: 'raw-card grants',
    result: 'warning',
    meaning: 'A grant was asked for, and nobody has approved it.',
    todo: 'Another operator reads the evidence: fincore raw-card approve, or revoke.',
  },
  grant_suspended: {
    about: 'raw-card grants',
    result: 'warning',
    meaning: 'A grant is suspended, and the merchant’s cards are refused.',
    todo: 'fincore raw-card resume, or revoke, once it is known why.',
  },
  payments_resolved: {
    about: 'payments',
    result: 'ok',
    meaning: 'No call to a PSP has been without an outcome for 15 minutes.',
    todo: null,
  },
  payments_unresolved: {
    about: 'payments',
    result: 'error',
    meaning: 'Calls to PSPs have had no outcome for more than 15 minutes.',
    todo: 'docs/runbooks/unresolved.md: what is known of each, and what to do.',
  },
  psp_events_applied: { about: 'PSP events', result: 'ok', meaning: 'No event of a PSP waits for you.', todo: null },
  psp_events_flagged: {
    about: 'PSP events',
    result: 'error',
    meaning: 'Events of PSPs contradict FinCore’s records.',
    todo: 'Compare charge and PSP: docs/operating.md, “Events of a PSP that wait”.',
  },
  psp_events_held: {
    about: 'PSP events',
    result: 'warning',
    meaning: 'Events of PSPs have named nothing that FinCore knows for more than an hour.',
    todo: 'Was the payment made outside FinCore, or by another deployment on the same account?',
  },
  books_agree: {
    about: 'reconciliation',
    result: 'ok',
    meaning: 'No difference from a PSP’s books is open.',
    todo: null,
  },
  books_differ: {
    about: 'reconciliation',
    result: 'error',
    meaning: 'Differences from PSPs’ books are open.',
    todo: 'docs/reconciliation.md says what to do about each class.',
  },
  audit_log_sealed: {
    about: 'audit log',
    result: 'ok',
    meaning: 'The audit log takes records, and they are sealed.',
    todo: null,
  },
  audit_log_closed: {
    about: 'audit log',
    result: 'error',
    meaning: 'The audit log takes no records, so no card is taken and no setting changed.',
    todo: 'At once: docs/operating.md, “When the log cannot be written”.',
  },
  audit_log_unsealed: {
    about: 'audit log',
    result: 'warning',
    meaning: 'Records have waited for their seal for more than a minute.',
    todo: 'Does a process with the role worker run?',
  },
  notices_read: { about: 'notices', result: 'ok', meaning: 'No notice to operators is unread.', todo: null },
  notices_unread: {
    about: 'notices',
    result: 'warning',
    meaning: 'Notices to operators are unread.',
    todo: 'fincore notices list: tell the merchants, and acknowledge them.',
  },
  endpoints_healthy: {
    about: 'webhooks',
    result: 'ok',
    meaning: 'The merchant’s webhook endpoints are well.',
    todo: null,
  },
  endpoint_failing: {
    about: 'webhooks',
    result: 'warning',
    meaning: 'A webhook endpoint does not take what it is sent.',
    todo: 'See what its server answers: GET /v1/webhook_endpoints/{id}/deliveries, or fincore webhooks ping.',
  },
  endpoint_disabled: {
    about: 'webhooks',
    result: 'warning',
    meaning: 'A webhook endpoint is disabled, and is sent nothing.',
    todo: 'When its server is well again, enable it, and then: fincore webhooks redeliver-failed …',
  },
  endpoint_missing: {
    about: 'webhooks',
    result: 'warning',
    meaning: 'The merchant has no webhook endpoint, and is told of nothing.',
    todo: 'fincore webhooks create --url https://…',
  },
} as const satisfies Record<string, FindingRow>

export type FindingCode = keyof typeof doctorFindings
/** One thing that was found. `detail` says of what, or how much. */
export type Finding = { code: FindingCode; detail: string | null }

export function find(code: FindingCode, detail: string | null = null): Finding {
  return { code, detail }
}
