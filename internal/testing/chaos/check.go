package chaos

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
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
	wrong := func(format string, args ...any) {
		v := fmt.Sprintf("seed %d round %d: ", r.o.Seed, n) + fmt.Sprintf(format, args...)
		r.report.Violations = append(r.report.Violations, v)
		r.say("VIOLATION %s", v)
	}
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
			if n, err := strconv.Atoi(row[line]); err != nil || changed[n] {
				wrong("import %s: line %s is in errors.csv and in changes.csv", j.id, row[line])
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

// checkMail: at most one mail, and the state is true.
func (r *run) checkMail(j *job, a answered, wrong func(string, ...any)) error {
	res, err := http.Get(r.stack.Mailbox)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	var all []struct{ To []string }
	if err := json.NewDecoder(res.Body).Decode(&all); err != nil {
		return err
	}
	got := 0
	for _, m := range all {
		if slices.Contains(m.To, j.email) {
			got++
		}
	}
	if got > 1 {
		wrong("import %s: %d mails", j.id, got)
	}
	if got == 0 && a.Mail.Status == "sent" {
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
