// One import: where it stands, and what came out of it.
import { useEffect, useRef, useState } from 'preact/hooks';
import { imports, newKey } from '../core/api.js';
import { announce, announceProgress } from '../core/announce.js';
import { fieldOf, loadCatalogue } from '../core/catalogue.js';
import { t, day, ago, num, dateTime, has, listed } from '../core/i18n.js';
import { labelOf } from '../core/kinds.js';
import { useLoad, usePoll } from '../core/load.js';
import { mailComes, mailWords } from '../core/mail.js';
import { waiting } from '../core/mend.js';
import { go, replace, to } from '../core/router.js';
import { sendAgain, sending, sent, stopSending } from '../core/sending.js';
import { exports, may } from '../core/user.js';
import { Button, ButtonLink, Failure, Loaded, Notice, Page } from '../components/basics.jsx';
import { Dialog } from '../components/dialog.jsx';
import { Download, filesOf } from '../components/files.jsx';
import { Progress, Status, active } from '../components/status.jsx';
import { Code } from '../components/copy.jsx';
import { Counts } from '../components/counts.jsx';
import { Changes } from '../components/changes.jsx';
import { Note } from '../components/note.jsx';
import { Corrections } from '../components/corrections.jsx';
import { Mend } from '../components/mend.jsx';
import { Problems } from '../components/problems.jsx';
import { keepDraft } from '../core/draft.js';
import { actionWord, columnsOpen } from './imports.jsx';
import { newImport } from '../core/forms.js';

/** @param {{id?: any}} props */
export function Import({ id }) {
  const load = useLoad((o) => imports.get(id, o), [id]);
  const i = load.data;
  usePoll(load.again, { active: Boolean(i && (active(i) || mailComes(i))), mark: i?.status });
  useEffect(() => { loadCatalogue().catch(() => {}); }, []);
  // The file has just arrived: ask again at once.
  const mine = sending.value[id];
  const before = useRef(mine);
  useEffect(() => {
    if (before.current && !mine) load.reload();
    before.current = mine;
  }, [mine]);
  useEffect(() => {
    if (i && active(i)) announceProgress(id, i.progress, t('imports.progress', { file: i.fileName, share: Math.round(i.progress * 100) }));
  }, [i?.progress]);
  const was = useRef(i?.status);
  useEffect(() => {
    if (i && was.current && was.current !== i.status && !active(i)) announce(`${t(`status.${i.status}`)}. ${headline(i)}`);
    // Who has just sent the file is asked at once what its columns are.
    if (i && !active(i) && sent.delete(id) && asksColumns(i)) replace(to('imports', id, 'columns'));
    was.current = i?.status;
  }, [i?.status]);

  return (
    <Page title={i?.fileName || t('imports.one')} tab={i && `${i.fileName} · ${t(`status.${i.status}`)}`}
      lead={i && <Facts of={i} />} back={{ href: to('imports'), text: t('imports.title') }}>
      <Loaded of={load}>
        {(it) => <Body of={it} reload={load.reload} />}
      </Loaded>
      {load.error && load.data && <Failure error={load.error} onRetry={load.reload} />}
    </Page>
  );
}

/** @param {{of?: any}} props */
function Facts({ of }) {
  return (
    <span class="facts">
      <Status of={of} />
      {of.dataType && <span>{t(`dataType.${of.dataType}`)}</span>}
      {of.action && <span>{actionWord(of)}</span>}
      <span>{t('imports.byAt', { by: of.createdBy, at: dateTime(of.createdAt) })}</span>
      {of.onConflict === 'overwrite' && <span>{t('conflict.overwrite')}</span>}
    </span>
  );
}

/** @param {{of?: any, reload?: any}} props */
function Body({ of, reload }) {
  const [outcome, setOutcome] = useState('');
  const [field, setField] = useState('');
  const finished = !active(of);
  const problems = of.problemsTotal > 0;
  const changes = useRef(null);
  const problemList = useRef(null);
  const pick = (o) => {
    if (o === 'created' || o === 'updated') changes.current?.focus();
    else {
      setOutcome(outcome === o ? '' : o);
      problemList.current?.scrollIntoView({ block: 'nearest' });
    }
  };
  return (
    <>
      <Note of={of} reload={reload} />
      {active(of) ? <Running of={of} reload={reload} /> : <Result of={of} reload={reload} />}
      {of.counts.rows > 0 && <Counts of={of} outcome={outcome} onPick={finished ? pick : null} problems={problems} />}
      <Warnings list={of.warnings.filter((w) => w.code !== 'cellsNotCompared' && w.code !== 'consents')} />
      {mendable(of) && <Corrections of={of} />}
      {mendable(of) && missed(of.counts) > 0 && <Mend of={of} outcome={outcome} box={problemList} />}
      {finished && problems && !mendable(of) && <Problems of={of} outcome={outcome} field={field} onOutcome={setOutcome} onField={setField} box={problemList} />}
      {finished && of.fields.some((f) => f.changes.length || (f.notCompared && of.dataType !== 'contacts')) && <Changes of={of} heading={changes} />}
      {of.detected && of.detected.rows > 0 && <Reading of={of} />}
      {of.execution && <Execution arn={of.execution} />}
    </>
  );
}

/** What an import came to, in one line. */
function headline(i) {
  const test = i.action === 'test';
  if (i.status === 'rejected') return t('result.rejected');
  if (i.status === 'failed') return t('result.failed');
  if (i.status === 'incomplete') return t('result.incomplete');
  if (i.status === 'cancelled') return t('result.cancelled');
  const n = i.counts.created + i.counts.updated;
  if (!n) return t(i.counts.unchanged && !missed(i.counts) ? 'result.same' : test ? 'result.none.test' : 'result.none');
  if (i.ofKind !== 'undo' && i.counts.created) {
    const made = t(test ? 'result.created.test' : 'result.created', { n: i.counts.created });
    return i.counts.updated ? `${made} ${t(test ? 'result.test' : 'result.updated', { n: i.counts.updated })}` : made;
  }
  if (i.ofKind === 'undo') return t(test ? 'result.undoTest' : 'result.undone', { n });
  return t(test ? 'result.test' : 'result.updated', { n });
}

// Whether a file was rejected because nobody knows what its columns are.
const asksColumns = (i) => columnsOpen(i) && i.headers.some((h) => h.name && !h.name.startsWith('['));

// Whether the file can still be read otherwise.
const matchable = (i) => i.ofKind !== 'undo' && i.headers.length > 0 && i.files.includes('original') && (i.action === 'test' ? !i.updatedBy : i.status === 'rejected');

// Whether what is wrong can be decided here and the file be tested again.
const mendable = (i) => i.action === 'test' && i.status === 'done' && may('operator') && matchable(i);

const updatable = (i) => i.action === 'test' && i.status === 'done' && i.ofKind !== 'undo' && !i.updatedBy && i.counts.created + i.counts.updated > 0;

const missed = (c) => c.rejected + c.conflicted + c.unprocessed;

/** @param {{of?: any, reload?: any}} props */
function Result({ of, reload }) {
  const bad = of.status !== 'done';
  const test = of.action === 'test';
  const n = missed(of.counts);
  const kind = of.status === 'rejected' || of.status === 'failed' ? 'bad' : of.status === 'cancelled' || of.status === 'incomplete' || n ? 'warn' : 'good';
  const change = of.counts.created + of.counts.updated;
  const operator = may('operator');
  // Why an import failed or was cancelled begins with that it was.
  const stopped = of.problem && of.status !== 'rejected';
  return (
    <section class={`result ${kind}`}>
      <Notice kind={kind} title={stopped ? of.problem.message : headline(of)}>
        {test && !bad && <p>{t(of.ofKind === 'undo' ? 'result.preview' : 'result.nothing')}</p>}
        {of.problem && !stopped && <p>{of.problem.message}</p>}
        {of.warnings.filter((w) => w.code === 'consents').map((w) => <p key={w.code} class="strong">{w.message}</p>)}
        {!bad && n > 0 && <p>{t(!test ? 'result.missed' : change ? 'result.missed.test' : 'result.missed.all', { n })}</p>}
        {of.status === 'rejected' && <p>{t(asksColumns(of) ? 'match.asked' : 'result.rejected.todo')}</p>}
        {of.status === 'cancelled' && !test && change > 0 && <p>{t('result.cancelled.todo')}</p>}
        {operator && updatable(of) && n > 0 && <p>{t('result.next.test')}</p>}
        <Actions of={of} reload={reload} />
      </Notice>
      <Mail of={of} />
    </section>
  );
}

/** @param {{of?: any}} props */
function Mail({ of }) {
  const said = mailWords(of);
  if (!said) return null;
  if (!said.trouble) return <p class="hint mail-line">{said.what}</p>;
  return <Notice kind="warn" title={said.what}>{said.why && <p>{said.why}</p>}</Notice>;
}

/** @param {{of?: any, reload?: any}} props */
function Actions({ of, reload }) {
  const [asking, setAsking] = useState(null);
  const [busy, setBusy] = useState('');
  const [error, setError] = useState(null);
  const key = useRef({ update: newKey(), undo: newKey(), preview: newKey(), resume: newKey() });
  const operator = may('operator');
  const run = async (what, call) => {
    setBusy(what);
    setError(null);
    try {
      const made = await call();
      go(to('imports', made.id));
    } catch (e) {
      if (e.code === 'alreadyDone' && e.id) { go(to('imports', e.id)); return; }
      setError(e);
      setAsking(null);
      reload();
    }
    setBusy('');
  };
  const resume = async () => {
    setBusy('resume');
    setError(null);
    try {
      await imports.resume(of.id, key.current.resume);
    } catch (e) { setError(e); }
    setBusy('');
    reload();
  };
  const change = of.counts.created + of.counts.updated;
  const update = updatable(of);
  const undone = of.ofKind === 'undo' && of.action === 'test' && of.status === 'done' && change > 0;
  const undo = of.action === 'update' && of.files.includes('undo') && !of.undoneBy;
  const bare = of.fields.reduce((n, f) => n + (f.notCompared || 0), 0);
  const named = (f) => { const def = fieldOf(f.field); return def ? labelOf(def) : f.label; };
  const most = of.fields.map((f) => ({ name: named(f), n: f.changes.reduce((sum, c) => sum + c.count, 0) })).sort((a, b) => b.n - a.n).find((f) => f.n > 0);
  const ended = of.status !== 'done';
  const again = operator && of.ofKind !== 'undo' && (ended || missed(of.counts) > 0);
  // The form for the corrected file is about the same type of data.
  const correct = () => keepDraft('new', { ...newImport(), dataType: of.problem?.code === 'wrongDataType' ? '' : of.dataType, onConflict: of.onConflict || 'skip', allowSamePerson: Boolean(of.allowSamePerson) });
  const retry = <ButtonLink kind={ended ? of.resumable || asksColumns(of) ? '' : 'primary' : 'quiet'} icon="plus" href={to('new')} onClick={correct}>{t(of.status === 'cancelled' || of.status === 'failed' ? 'new' : 'result.again')}</ButtonLink>;
  return (
    <>
      <div class="actions">
        {operator && asksColumns(of) && matchable(of) && <ButtonLink kind="primary" icon="table" href={to('imports', of.id, 'columns')}>{t('match.title')}</ButtonLink>}
        {operator && of.resumable && <Button kind="primary" icon="run" busy={busy === 'resume'} onClick={resume}>{t('result.resume')}</Button>}
        {again && ended && retry}
        {operator && update && <Button kind={waiting(of.id) ? '' : 'primary'} icon="upload" onClick={() => setAsking('update')}>{t('result.update')}</Button>}
        {operator && undone && <Button kind="primary" icon="undo" busy={busy === 'undo'} onClick={() => run('undo', () => imports.undo(of.of, key.current.undo))}>{t('result.undo.now')}</Button>}
        {operator && undo && <Button icon="undo" busy={busy === 'preview'} onClick={() => run('preview', () => imports.previewUndo(of.id, key.current.preview))}>{t('result.undo')}</Button>}
      </div>
      <div class="actions after">
        {exports() && of.files.includes('errors') && <Download kind="quiet" ask={() => imports.file(of.id, of.files.includes('errors.xlsx') ? 'errors.xlsx' : 'errors')}>{t('result.errors')}</Download>}
        {again && !ended && retry}
        {exports() && of.files.includes('changes') && <Download kind="quiet" ask={() => imports.file(of.id, 'changes')}>{t('result.changes')}</Download>}
        {operator && matchable(of) && !asksColumns(of) && <ButtonLink kind="quiet" icon="table" href={to('imports', of.id, 'columns')}>{t('match.open.test')}</ButtonLink>}
        {filesOf(of).filter(([n]) => n === 'undo' || n === 'corrected' || n === 'original').map(([n, word]) => <Download key={n} kind="quiet" ask={() => imports.file(of.id, n)}>{word}</Download>)}
      </div>
      {!exports() && of.files.length > 0 && <p class="hint">{t('export.files')}</p>}
      {operator && undo && of.expiresAt && <p class="hint">{t('result.undo.until', { day: day(of.expiresAt) })}</p>}
      <p class="related">
        {of.updatedBy && <a href={to('imports', of.updatedBy)}>{t('result.updatedBy')}</a>}
        {of.undoneBy && <a href={to('imports', of.undoneBy)}>{t('result.undoneBy')}</a>}
        {of.of && <a href={to('imports', of.of)}>{t(of.ofKind === 'undo' ? 'result.of.update' : of.action === 'test' ? 'result.of.before' : 'result.of.test')}</a>}
      </p>
      {error && <Failure error={error} />}
      {asking === 'update' && (
        <Dialog title={t(of.counts.created ? of.counts.updated ? 'update.ask.both' : 'update.ask.create' : 'update.ask', { n: change })} onClose={() => setAsking(null)} actions={<>
          <Button kind="primary" icon="upload" busy={busy === 'update'} onClick={() => run('update', () => imports.update(of.id, key.current.update))}>{t('result.update')}</Button>
          <Button kind="quiet" onClick={() => setAsking(null)}>{t('form.cancel')}</Button>
        </>}>
          {waiting(of.id) && <p class="strong">{t('update.ask.untested')}</p>}
          <p>{t(of.onConflict === 'overwrite' ? 'update.ask.overwrite' : 'update.ask.text')}</p>
          {most && <p>{t('update.ask.most', { field: most.name, n: most.n })}</p>}
          {of.warnings.filter((w) => w.code === 'consents').map((w) => <p key={w.code} class="strong">{w.message}</p>)}
          {bare > 0 && <p>{t('changes.notCompared', { n: bare })} {t('update.ask.bare', { fields: listed(of.fields.filter((f) => f.notCompared).map(named)) })}</p>}
          {missed(of.counts) > 0 && <p>{t('update.ask.missed', { n: missed(of.counts) })}</p>}
        </Dialog>
      )}
    </>
  );
}

/** @param {{of?: any, reload?: any}} props */
function Running({ of, reload }) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState(null);
  const mine = sending.value[of.id];
  const stop = async () => {
    setBusy(true);
    setError(null);
    try {
      await (mine ? stopSending(of.id) : imports.cancel(of.id));
    } catch (e) { setError(e); }
    setBusy(false);
    reload();
  };
  const uploading = of.status === 'waiting' && mine;
  return (
    <section class="running" aria-label={t('imports.status')}>
      <div class="running-head">
        <p class="running-title">{t(uploading ? (mine.error ? 'new.upload.failed' : 'new.uploading') : `running.${of.status}`)}</p>
        {may('operator') && (of.cancelling
          ? <p class="hint">{t('running.cancelling')}</p>
          : <Button icon="stop" busy={busy} onClick={stop}>{t('running.cancel')}</Button>)}
      </div>
      {uploading && mine.error
        ? <Notice kind="bad" live title={t(`problem.${mine.error}`)} actions={<Button kind="primary" icon="run" onClick={() => sendAgain(of.id)}>{t('failure.retry')}</Button>} />
        : (uploading || of.status !== 'waiting') && <Progress value={uploading ? mine.share * 0.99 : of.progress} label={t('imports.progress.label', { file: of.fileName })} />}
      <p class="hint">{of.status === 'waiting' && !mine
        ? t('running.elsewhere')
        : `${t(of.action === 'test' ? 'running.hint.test' : 'running.hint.update')} ${t(uploading ? 'running.leave' : 'running.goesOn')}`}</p>
      {error && <Failure error={error} />}
    </section>
  );
}

// Cells that are not compared are told with their field.
/** @param {{list?: any}} props */
function Warnings({ list }) {
  if (!list.length) return null;
  return (
    <Notice kind="warn" title={t('warnings.title', { n: list.length })}>
      <ul class="warnings">
        {list.map((w) => <li key={w.code + w.message}>{w.message}{w.code === 'changedSinceTemplate' ? <span class="hint"> {t('problems.line')} {listed(w.lines.map((n) => num(n)))}</span> : w.line > 0 && <span class="hint"> {t('problems.atLine', { line: w.line })}</span>}</li>)}
      </ul>
    </Notice>
  );
}

/** @param {{of?: any}} props */
function Reading({ of }) {
  const d = of.detected;
  const separator = has(`separator.${d.separator}`) ? t(`separator.${d.separator}`) : d.separator;
  const facts = [
    [t('reading.template'), d.templateMadeAt && `${dateTime(d.templateMadeAt)}, ${ago(d.templateMadeAt)}`],
    [t('reading.rows'), num(d.rows)], [t('reading.columns'), num(d.columns)], [t('reading.format'), d.format],
    [t('reading.encoding'), d.encoding], [t('reading.separator'), separator], [t('reading.lineEnds'), d.lineEnds],
  ].filter(([, v]) => v);
  return (
    <section class="reading">
      <h2>{t('reading.title')}</h2>
      <dl>{facts.map(([k, v]) => <div key={k}><dt>{k}</dt><dd>{v}</dd></div>)}</dl>
    </section>
  );
}

/**
 * Where an administrator finds how it went, step by step.
 * @param {{arn: string}} props
 */
function Execution({ arn }) {
  const region = arn.split(':')[3];
  return (
    <section class="execution">
      <h2>{t('execution.title')}</h2>
      <p><Code code={arn} label={t('execution.title')} /></p>
      <p><a href={`https://${region}.console.aws.amazon.com/states/home?region=${region}#/v2/executions/details/${encodeURIComponent(arn)}`} target="_blank" rel="noopener noreferrer">{t('execution.open')}</a></p>
    </section>
  );
}
