package chaos

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"rollbook/internal/aws/dynamo"
	"rollbook/internal/domain"
	"rollbook/internal/local/demo"
)

// step is one change of one field of one contact.
type step struct {
	who           string // import's id, "" for a person
	before, after string
	any           bool // before is not known
	sure          bool // it happened; else it may have
}

// check holds a round's accounts against each other and against the contacts.
func (r *run) check(n int, before, after world, jobs []*job, e *edits) error {
	wrong := r.wrong(n)
	steps := map[string]map[string][]step{} // by number, field
	add := func(number, field string, s step) {
		if steps[number] == nil {
			steps[number] = map[string][]step{}
		}
		steps[number][field] = append(steps[number][field], s)
	}
	for number, all := range e.set {
		for _, d := range all {
			for f, v := range d.values {
				add(number, f, step{after: v, any: true, sure: d.sure})
			}
		}
	}
	for _, j := range jobs {
		var a answered
		if err := r.must("GET", "/api/imports/"+j.id, operator, nil, &a); err != nil {
			return err
		}
		r.report.Statuses[a.Status]++
		r.say("import %s: %s %+v", j.id, a.Status, a.Counts)
		if err := r.checkImport(j, a, e, add, wrong); err != nil {
			return err
		}
	}
	for number, was := range before {
		is, there := after[number]
		if !there && !e.deleted[number] {
			wrong("contact %s is gone and nobody deleted it", number)
		}
		for _, f := range fields {
			if !explained(was[f], is[f], there, steps[number][f]) {
				wrong("contact %s has %q in %s, had %q, and these changes are reported: %+v", number, is[f], f, was[f], steps[number][f])
			}
		}
	}
	return r.checkHistory(jobs, after, steps, wrong)
}

// explained reports whether some order of the steps, with any of the unsure
// ones left out, leads from one value to the other.
func explained(from, to string, there bool, steps []step) bool {
	sure := false
	for _, s := range steps {
		sure = sure || s.sure
	}
	if !sure && (from == to || !there) {
		return true
	}
	for i, s := range steps {
		if !s.any && s.before != from {
			continue
		}
		rest := slices.Delete(slices.Clone(steps), i, i+1)
		if explained(s.after, to, there, rest) {
			return true
		}
	}
	return false
}

func (r *run) checkImport(j *job, a answered, e *edits, add func(string, string, step), wrong func(string, ...any)) error {
	k := a.Counts
	if k.Rows != k.Created+k.Updated+k.Unchanged+k.Rejected+k.Conflicted+k.Unprocessed {
		wrong("import %s: the counts do not add up: %+v", j.id, k)
	}
	if a.Status == "done" && k.Unprocessed > 0 {
		wrong("import %s is done with %d rows unprocessed", j.id, k.Unprocessed)
	}
	if a.Status == "cancelled" && !j.cancelled {
		wrong("import %s is cancelled and nobody did that", j.id)
	}
	if a.Status == "rejected" {
		wrong("import %s is rejected, and nothing is wrong with its file", j.id)
	}
	if k.Rows != len(j.lines) && (a.Status == "done" || k.Rows > 0) {
		wrong("import %s: %d rows in the account, %d in the file", j.id, k.Rows, len(j.lines))
	}
	files := map[string][][]string{}
	for _, name := range []string{"changes", "errors", "undo"} {
		if !slices.Contains(a.Files, name) {
			continue
		}
		b, err := r.file("/api/imports/" + j.id + "/files/" + name)
		if err != nil {
			return err
		}
		if files[name], err = table(b); err != nil {
			return fmt.Errorf("%s of %s: %w", name, j.id, err)
		}
	}
	changed, err := r.checkChanges(j, files["changes"], e, add, wrong)
	if err != nil {
		return err
	}
	erased := 0
	for line := range j.lines {
		if e.deleted[j.lines[line].number] && !changed[line] {
			erased++ // what it was before is erased, and so not listed
		}
	}
	if got := k.Created + k.Updated; got != len(changed) && (got < len(changed) || got > len(changed)+erased) {
		wrong("import %s: %d rows updated or created, changes.csv has %d", j.id, got, len(changed))
	}
	r.checkErrors(j, a, files["errors"], changed, wrong)
	undone := 0
	if undo := files["undo"]; len(undo) > 0 {
		undone = len(undo) - 1
	}
	if undone != len(changed) {
		wrong("import %s: changes.csv has %d rows, undo.csv %d", j.id, len(changed), undone)
	}
	return r.checkMail(j, a, wrong)
}

// checkChanges reads changes.csv: each change is one that the file asked for.
func (r *run) checkChanges(j *job, rows [][]string, e *edits, add func(string, string, step), wrong func(string, ...any)) (map[int]bool, error) {
	changed := map[int]bool{}
	if len(rows) == 0 {
		return changed, nil
	}
	at := map[string]int{}
	for i, name := range rows[0] {
		at[name] = i
	}
	for _, name := range []string{"Contact", "Line", "Field", "Before", "After"} {
		if _, ok := at[name]; !ok {
			return nil, fmt.Errorf("changes.csv has no column %s", name)
		}
	}
	seen := map[string]bool{}
	for _, row := range rows[1:] {
		line, err := strconv.Atoi(row[at["Line"]])
		if err != nil {
			return nil, err
		}
		changed[line] = true
		asked, field, after := j.lines[line], row[at["Field"]], row[at["After"]]
		number := strings.TrimPrefix(row[at["Contact"]], "#")
		if key := fmt.Sprint(line, field); seen[key] {
			wrong("import %s: line %d, %s is in changes.csv twice", j.id, line, field)
		} else {
			seen[key] = true
		}
		if asked.email != "" {
			continue // a created contact is looked up by its address
		}
		if asked.number != number || asked.set[field] != after {
			wrong("import %s: line %d changed %s of %s to %q, which the file does not ask for", j.id, line, field, number, after)
		}
		add(number, field, step{who: j.id, before: row[at["Before"]], after: after, sure: true})
	}
	for line := range changed {
		if asked := j.lines[line]; asked.email != "" {
			var found struct{ Items []struct{ Email string } }
			if err := r.must("GET", "/api/contacts?q="+asked.email, operator, nil, &found); err != nil {
				return nil, err
			}
			if len(found.Items) != 1 {
				wrong("import %s: line %d made a contact, and %d have its address", j.id, line, len(found.Items))
			}
		}
	}
	return changed, nil
}

// checkErrors: what did not go in is in errors.csv, by outcome, and nothing of it
// is in the contacts.
func (r *run) checkErrors(j *job, a answered, rows [][]string, changed map[int]bool, wrong func(string, ...any)) {
	k := a.Counts
	outcomes := map[string]int{}
	if len(rows) > 0 {
		line, outcome := slices.Index(rows[0], "[error] line"), slices.Index(rows[0], "[error] outcome")
		if line < 0 || outcome < 0 {
			wrong("import %s: errors.csv has no lines or outcomes", j.id)
			return
		}
		for _, row := range rows[1:] {
			outcomes[row[outcome]]++
			n, err := strconv.Atoi(row[line])
			if err != nil || changed[n] {
				wrong("import %s: line %s is in errors.csv and in changes.csv", j.id, row[line])
			}
			if uploaded := j.lines[n].cells; !slices.Equal(uploaded, row[:min(len(row), len(uploaded))]) {
				wrong("import %s: line %d of errors.csv is %q, uploaded was %q", j.id, n, row, uploaded)
			}
		}
	}
	for name, n := range map[string]int{"rejected": k.Rejected, "conflicted": k.Conflicted, "unprocessed": k.Unprocessed} {
		if outcomes[name] != n {
			wrong("import %s: %d rows %s, errors.csv has %d", j.id, n, name, outcomes[name])
		}
	}
	for n, row := range j.lines {
		if row.email != "" && !changed[n] {
			var found struct{ Items []struct{ Email string } }
			if err := r.must("GET", "/api/contacts?q="+row.email, operator, nil, &found); err == nil && len(found.Items) > 0 {
				wrong("import %s: line %d made a contact that the account does not have", j.id, n)
			}
		}
	}
}

// checkMail: at most one mail of each end, but for those that SES denied to have
// taken, and the state is true.
func (r *run) checkMail(j *job, a answered, wrong func(string, ...any)) error {
	sent, err := r.mailbox()
	if err != nil {
		return err
	}
	got := sent[j.email]
	if denied := r.proxy.Denied(j.email); got > 1+j.resumed+denied {
		wrong("import %s: %d mails, of which %d were denied, resumed %d times, the mail is %q", j.id, got, denied, j.resumed, a.Mail.Status)
	}
	// A mail that was handed over when the emulator was stopped may not be in it.
	if got == 0 && a.Mail.Status == "sent" && !j.stopped {
		wrong("import %s: its mail is said to be sent and is not in the mailbox", j.id)
	}
	return nil
}

// checkHistory: the contacts' histories have each change of the imports once.
func (r *run) checkHistory(jobs []*job, after world, steps map[string]map[string][]step, wrong func(string, ...any)) error {
	numbers := make([]string, 0, len(steps))
	for number := range steps {
		if _, there := after[number]; there {
			numbers = append(numbers, number)
		}
	}
	slices.Sort(numbers)
	for i := 0; i < len(numbers); i += max(1, len(numbers)/8) {
		var h struct {
			Items []struct{ Import, Field, From, To string }
		}
		if err := r.must("GET", "/api/contacts/"+numbers[i]+"/history", operator, nil, &h); err != nil {
			return err
		}
		var got, want []string
		for _, it := range h.Items {
			if slices.ContainsFunc(jobs, func(j *job) bool { return j.id == it.Import }) {
				got = append(got, fmt.Sprint(it.Import, " ", it.From, " to ", it.To))
			}
		}
		for _, f := range fields {
			for _, s := range steps[numbers[i]][f] {
				if s.who != "" {
					want = append(want, fmt.Sprint(s.who, " ", s.before, " to ", s.after))
				}
			}
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			wrong("contact %s: its history has %q, the imports report %q", numbers[i], got, want)
		}
	}
	return nil
}

// undo takes the round's last import that changed something back, and checks
// that every row of its undo file was put back whole where its values still were
// the import's, and left alone where they were not.
func (r *run) undo(n int, jobs []*job, after world) error {
	wrong := r.wrong(n)
	for _, j := range slices.Backward(jobs) {
		var a answered
		if err := r.must("GET", "/api/imports/"+j.id, operator, nil, &a); err != nil {
			return err
		}
		if !slices.Contains(a.Files, "undo") || a.Counts.Updated+a.Counts.Created == 0 {
			continue
		}
		b, err := r.file("/api/imports/" + j.id + "/files/changes")
		if err != nil {
			return err
		}
		changes, err := table(b)
		if err != nil {
			return err
		}
		var made struct{ ID string }
		if err := r.must("POST", "/api/imports/"+j.id+"/undo", operator, nil, &made, "Idempotency-Key", "undo-"+j.id); err != nil {
			return err
		}
		var u answered
		if err := r.until("an undo's end", func() (bool, error) {
			err := r.must("GET", "/api/imports/"+made.ID, operator, nil, &u)
			return u.final(), err
		}); err != nil {
			return err
		}
		r.report.Undos++
		if k := u.Counts; u.Status != "done" || k.Rows != k.Updated+k.Unchanged+k.Rejected+k.Conflicted {
			wrong("the undo of import %s is %s %+v", j.id, u.Status, k)
		}
		if j.dataType == "contacts" {
			return r.checkRemoved(j, a, wrong)
		}
		now, err := r.snapshot()
		if err != nil {
			return err
		}
		r.checkUndone(j, changes, after, now, wrong)
		return nil
	}
	return nil
}

// checkUndone compares the contacts before and after an undo with what it had to
// put back.
func (r *run) checkUndone(j *job, changes [][]string, before, now world, wrong func(string, ...any)) {
	back := map[string]map[string][2]string{} // by number, field: what the import found and left
	for _, c := range changes[1:] {
		number := strings.TrimPrefix(c[0], "#")
		if back[number] == nil {
			back[number] = map[string][2]string{}
		}
		back[number][c[2]] = [2]string{c[3], c[4]}
	}
	for number, was := range before {
		want := maps.Clone(was)
		mine := true
		for f, v := range back[number] {
			mine = mine && was[f] == v[1]
			want[f] = v[0]
		}
		if !mine {
			want = was
		}
		if is, there := now[number]; !there || !maps.Equal(want, is) {
			wrong("contact %s has %q after the undo of import %s, had %q, want %q", number, is, j.id, was, want)
		}
	}
}

// checkRemoved: an undone creation leaves nobody behind.
func (r *run) checkRemoved(j *job, a answered, wrong func(string, ...any)) error {
	for line, row := range j.lines {
		var found struct{ Items []struct{ Email string } }
		if err := r.must("GET", "/api/contacts?q="+row.email, operator, nil, &found); err != nil {
			return err
		}
		if len(found.Items) > 0 {
			wrong("import %s: line %d is there after the undo", j.id, line)
		}
	}
	return nil
}

// checkTables looks into the tables themselves: they hold what the templates
// show, and what lies beside the contacts fits them.
func (r *run) checkTables() error {
	wrong := r.wrong(r.report.Rounds)
	contacts := dynamo.NewContacts(dynamo.Open(r.stack.Config()), r.stack.Tables.Contacts, r.stack.Tables.Emails, r.stack.Tables.History, r.stack.Tables.Catalogue)
	shown, err := r.snapshot()
	if err != nil {
		return err
	}
	n := 0
	for c, err := range contacts.All(r.ctx, demo.Aurora) {
		if err != nil {
			return err
		}
		n++
		for _, f := range fields {
			if in := string(c.Get(domain.Field("criterion:" + f))); in != shown[string(c.Number)][f] {
				wrong("contact %s has %q in %s in the table and shows %q", c.Number, in, f, shown[string(c.Number)][f])
			}
		}
	}
	if n != len(shown) {
		wrong("the table has %d contacts and shows %d", n, len(shown))
	}
	beside, err := contacts.CheckLookups(r.ctx, demo.Aurora, false)
	// Deleted contacts can be brought back for a week, with their history.
	beside.StaleHistories = 0
	if err == nil && !beside.Clean() {
		wrong("what lies beside the contacts does not fit them: %+v", beside)
	}
	return err
}

// wrong returns what notes a violation.
func (r *run) wrong(n int) func(format string, args ...any) {
	return func(format string, args ...any) {
		v := fmt.Sprintf("seed %d round %d: ", r.o.Seed, n) + fmt.Sprintf(format, args...)
		r.report.Violations = append(r.report.Violations, v)
		r.say("VIOLATION %s", v)
	}
}
