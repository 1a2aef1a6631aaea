package plan_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rollbook/internal/domain"
)

// Past a limit a file is refused, and counts for nothing itself: of the drop folder
// before it is read, else when its rows are known.
func TestFilesPastALimit(t *testing.T) {
	const (
		before = "0199f0a9-0000-7000-8000-0000000000"
		after  = "0199f0ab-0000-7000-8000-0000000000"
	)
	file := lines("Contact,[new] NOTE", "1,a", "2,b", "3,c")
	clerk := domain.WhoIs("u1", "clerk@house.example")
	other := func(prefix string, n, rows int, who domain.Who, status domain.Status, at time.Time) domain.Import {
		return domain.Import{ID: fmt.Sprintf("%s%02d", prefix, n), Institution: house, DataType: domain.Criteria, Action: domain.Test, Status: status,
			Rows: rows, CreatedBy: who, CreatedAt: at, ExpiresAt: now().Add(time.Hour)}
	}
	rows := domain.Settings{Limits: domain.Limits{RowsADay: 10}}
	for _, c := range []struct {
		name     string
		settings domain.Settings
		who      domain.Who
		others   []domain.Import
		key      string
		read     bool // the file was read: its columns are known
	}{
		{"nothing else", rows, domain.Inbox, nil, "", true},
		{"up to the limit", rows, domain.Inbox, []domain.Import{other(before, 1, 7, clerk, domain.Done, now())}, "", true},
		{"one row more", rows, domain.Inbox, []domain.Import{other(before, 1, 8, clerk, domain.Done, now())}, "pastLimit.rows", true},
		{"one row more, by somebody", rows, clerk, []domain.Import{other(before, 1, 8, domain.Inbox, domain.Done, now())}, "pastLimit.rows", true},
		{"with one that runs and came later", rows, clerk, []domain.Import{other(after, 1, 8, clerk, domain.Running, now())}, "pastLimit.rows", true},
		{"nothing is left: the drop folder's is not read", rows, domain.Inbox, []domain.Import{other(before, 1, 10, clerk, domain.Done, now())}, "pastLimit.rows", false},
		{"nothing is left: somebody's is", rows, clerk, []domain.Import{other(before, 1, 10, clerk, domain.Done, now())}, "pastLimit.rows", true},
		{"the day before does not count", rows, domain.Inbox, []domain.Import{other(before, 1, 10, clerk, domain.Done, now().Add(-25*time.Hour))}, "", true},
		{"somebody's own limit", domain.Settings{UserLimits: domain.Limits{RowsADay: 5}}, clerk, []domain.Import{other(before, 1, 3, clerk, domain.Done, now())}, "pastLimit.rows", true},
		{"another's rows do not count for it", domain.Settings{UserLimits: domain.Limits{RowsADay: 5}}, clerk, []domain.Import{other(before, 1, 3, domain.Inbox, domain.Done, now())}, "", true},
		{"the drop folder is nobody", domain.Settings{UserLimits: domain.Limits{RowsADay: 5}}, domain.Inbox, []domain.Import{other(before, 1, 3, domain.Inbox, domain.Done, now())}, "", true},
		{"as many run as may", domain.Settings{Limits: domain.Limits{ImportsAtOnce: 2}}, domain.Inbox,
			[]domain.Import{other(before, 1, 1, clerk, domain.Running, now()), other(before, 2, 1, clerk, domain.Checking, now())}, "pastLimit.running", false},
		{"one may", domain.Settings{Limits: domain.Limits{ImportsAtOnce: 2}}, domain.Inbox,
			[]domain.Import{other(before, 1, 1, clerk, domain.Running, now()), other(before, 2, 1, clerk, domain.Done, now()), other(after, 3, 1, clerk, domain.Running, now())}, "", true},
		{"the API has refused somebody before", domain.Settings{Limits: domain.Limits{ImportsAtOnce: 1}}, clerk, []domain.Import{other(before, 1, 1, clerk, domain.Running, now())}, "", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDesk(t)
			d.contact(t, "1")
			if err := d.catalogue.PutSettings(t.Context(), house, c.settings); err != nil {
				t.Fatal(err)
			}
			for _, i := range c.others {
				if _, _, err := d.jobs.CreateImport(t.Context(), i, domain.Once{}, ""); err != nil {
					t.Fatal(err)
				}
			}
			p := d.plan(t, domain.Criteria, file, func(i *domain.Import) { i.CreatedBy = c.who })
			want, counted := "", 3
			if c.key != "" {
				want, counted = "pastLimit", 0
			}
			if got := code(p); got != want || c.key != "" && fmt.Sprint("pastLimit.", p.Problem.Params["case"]) != c.key {
				t.Fatalf("%+v, want %s", p.Problem, c.key)
			}
			if (p.Columns != nil) != c.read {
				t.Errorf("read: %v", p.Columns != nil)
			}
			if d := cmp.Diff(counted, d.job(t).Rows); d != "" {
				t.Error(d)
			}
		})
	}
}

// Whoever floods the drop folder with small files does not push a day's rows out
// of sight.
func TestTheDropFolderTakesSoManyFilesADay(t *testing.T) {
	d := newDesk(t)
	d.contact(t, "1")
	for n := range domain.ImportsADay {
		i := domain.Import{ID: fmt.Sprintf("0199f0aa-0000-7000-8000-2%011d", n), Institution: house, DataType: domain.Criteria, Action: domain.Test, Status: domain.Done,
			Rows: 1, CreatedBy: domain.Inbox, CreatedAt: now(), ExpiresAt: now().Add(time.Hour)}
		if _, _, err := d.jobs.CreateImport(t.Context(), i, domain.Once{}, ""); err != nil {
			t.Fatal(err)
		}
	}
	p := d.plan(t, domain.Criteria, lines("Contact,[new] NOTE", "1,a"), func(i *domain.Import) { i.CreatedBy = domain.Inbox })
	if code(p) != "pastLimit" || p.Problem.Params["case"] != "files" {
		t.Errorf("%+v", p.Problem)
	}
}
