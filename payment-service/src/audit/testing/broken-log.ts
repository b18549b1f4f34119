import type { Pool } from '../../store/pool.ts'

/** What the owner of the tables may do to the log so that it takes no records, each with what mends it. */
export const faults: Record<string, (owner: Pool) => Promise<() => Promise<void>>> = {
  async 'no right to insert'(owner) {
    await owner.query('revoke insert on audit_records from fincore_app')
    return async () => void (await owner.query('grant insert on audit_records to fincore_app'))
  },
  async 'no right to put in line for a seal'(owner) {
    await owner.query('revoke insert on audit_unsealed from fincore_app')
    return async () => void (await owner.query('grant insert on audit_unsealed to fincore_app'))
  },
  async 'a trigger that raises'(owner) {
    await owner.query(`
      create function refuse_all() returns trigger language plpgsql as $$ begin raise exception 'full'; end $$;
      create trigger refuse_all before insert on audit_records for each row execute function refuse_all()`)
    return async () => void (await owner.query('drop trigger refuse_all on audit_records; drop function refuse_all'))
  },
  async 'a check that nothing passes'(owner) {
    await owner.query('alter table audit_records add constraint nothing check (false) not valid')
    return async () => void (await owner.query('alter table audit_records drop constraint nothing'))
  },
  /** As on a replica that became the primary and to which the sequence was not carried over. */
  async 'a sequence whose numbers are used'(owner) {
    const { rows } = await owner.query<{ id: bigint }>(
      `insert into audit_records (id, actor_type, actor, type, outcome, origin) overriding system value
       select last + n, 'system', 'x', 'y', 'success', 'z'
       from generate_series(1, 1000) n, (select nextval('audit_records_id_seq') as last) s returning id`,
    )
    return async () =>
      void (await owner.query('delete from audit_records where id = any($1)', [rows.map(({ id }) => id)]))
  },
  async 'a lock'(owner) {
    const locker = await owner.connect()
    await locker.query('begin')
    await locker.query('lock table audit_records in access exclusive mode')
    return async () => {
      await locker.query('rollback')
      locker.release()
    }
  },
}
