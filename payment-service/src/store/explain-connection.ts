/** What keeps a database from being used, and what to do, by Node's code or PostgreSQL's SQLSTATE. */
const adviceByCode: Readonly<Record<string, string>> = {
  ERR_INVALID_URL: 'it is no URL; write it as postgres://user:password@host:5432/database',
  ECONNREFUSED: 'nothing listens there; start PostgreSQL, or mend host and port',
  ENOTFOUND: 'there is no such host; mend the host',
  EAI_AGAIN: 'the host’s name cannot be looked up now; mend the host, or the name server',
  ETIMEDOUT: 'the server does not answer; mend host and port, or the firewall',
  EHOSTUNREACH: 'the host cannot be reached; mend the host, or the network',
  ECONNRESET: 'what listens there ends the connection; mend host and port',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is of another host; mend the host',
  CERT_HAS_EXPIRED: 'its certificate has expired; renew it',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is not of the authorities in DATABASE_CA; mend that',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is not of the authorities in DATABASE_CA; mend that',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is not of the authorities in DATABASE_CA; mend that',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate is not of the authorities in DATABASE_CA; mend that',
  '28P01': 'user or password is wrong; mend them',
  '28000': 'PostgreSQL does not let this user in; mend the user, or pg_hba.conf',
  '3D000': 'there is no such database; mend its name, or make it',
  '42501': 'the user lacks a right that it needs; mend the user',
  '53300': 'PostgreSQL has no connection left; raise max_connections, or end what uses them',
  '57P03': 'PostgreSQL is starting or stopping; try again in a moment',
}

/** In half a sentence: why, and what to do. The driver's own words are not passed on, as they may quote the URL. */
export function explainConnection(error: unknown): string {
  const failure = error instanceof AggregateError ? error.errors[0] : error
  if (!(failure instanceof Error)) return 'for an unknown reason'
  const code = 'code' in failure ? String(failure.code) : ''
  const known = adviceByCode[code]
  if (known !== undefined) return known
  if (failure.name === 'CredentialsProviderError') return 'there are no credentials for AWS; give the task a role'
  // The driver gives these no code.
  if (/time?out|timed out/i.test(failure.message)) return adviceByCode.ETIMEDOUT ?? ''
  if (/does not support SSL/.test(failure.message)) return 'the server speaks no TLS; mend sslmode in the URL'
  if (/Connection terminated/.test(failure.message)) return adviceByCode.ECONNRESET ?? ''
  return `${/^\w{1,64}$/.test(code) ? `the error’s code is ${code}` : `the error is a ${failure.name}`}; see PostgreSQL’s log`
}
