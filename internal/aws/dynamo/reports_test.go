package dynamo_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/domain/reason"
)

// aReport is that of a file of 30 columns with conflicts in all of its first rows.
func aReport() domain.Report {
	var r domain.Report
	for c := range 30 {
		name := fmt.Sprintf("[new] CRITERION_%02d", c)
		r.Headers = append(r.Headers, domain.Header{Name: name, Samples: []string{"Opéra", "Ballet", "Concert", "Théâtre", "Jazz"}, Column: name, By: domain.ByName, Suggestions: []string{}})
		f := domain.FieldReport{Field: fmt.Sprintf("CRITERION_%02d", c), Label: fmt.Sprintf("Criterion %d", c), Kind: domain.SingleChoice}
		for to := range 20 {
			f.Changes = append(f.Changes, domain.Transition{From: "", To: fmt.Sprintf("VALUE_%d", to), Count: 1000 * to})
		}
		r.Fields = append(r.Fields, f)
	}
	for line := range 100 {
		old, live := "A", fmt.Sprintf("%d other value that somebody gave", line)
		r.Problems = append(r.Problems, domain.Problem{Line: line + 2, Column: "[new] CRITERION_03", Field: "CRITERION_03", Value: "ROCK", Outcome: domain.RowConflicted,
			Reason: reason.New("conflict", old, live, "ROCK"), Old: &old, Live: &live, Contact: number(line)})
	}
	return r
}

func anImport(i int, r domain.Report) domain.Import {
	at := time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC).Add(time.Duration(i) * time.Minute)
	return domain.Import{ID: fmt.Sprintf("0198f3a2-b7c4-7d5e-9a1b-%012d", i), Institution: opera, DataType: domain.Criteria, Action: domain.Update, FileName: "spring season.csv",
		Email: "maximiliane.mustermann@aurora.example", Language: "de", Status: domain.Done, Rows: 100_000, Chunks: 10, Counts: domain.Counts{Rows: 100_000, Updated: 99_000, Conflicted: 1000},
		Source:   domain.Object{Bucket: "rollbook-uploads-123456789012-eu-central-1", Key: "uploads/opera/0198f3a2-b7c4-7d5e-9a1b-000000000001", Version: "3HL4kqtJvjVBH40Nrjfkd", Size: 12 << 20},
		Detected: &domain.Detected{Format: "csv", Encoding: "UTF-8", Separator: ";", LineEnds: "CRLF", Rows: 100_000, Columns: 60}, ProblemsAll: 1000, Files: []string{"original", "errors", "changes", "undo"},
		Mail: domain.MailState{Status: domain.MailSent, Tries: 1, Since: at, Last: at}, CreatedAt: at, CreatedBy: "0198f3a2-b7c4-7d5e-9a1b-2c3d4e5f6071 ana@aurora.example",
		StartedAt: at, FinishedAt: at, ExpiresAt: time.Now().Add(domain.ImportLife).UTC().Truncate(time.Second), Report: r}
}

// reads counts what a store's answers cost, by the service's rule: strongly consistent
// units of 4 KB, of an item or of all that a page of a query read.
type reads struct{ requests, units int }

func (r *reads) hear(_ string, answer []byte) {
	type item map[string]map[string]any
	var out struct {
		Item      item
		Items     []item
		Responses map[string][]item
	}
	if json.Unmarshal(answer, &out) != nil {
		return
	}
	units := func(of ...item) int {
		bytes := 0
		for _, it := range of {
			for name, v := range it {
				bytes += len(name) + valueSize(v)
			}
		}
		return max(1, (bytes+4095)/4096)
	}
	r.requests++
	if out.Responses == nil {
		r.units += units(append(out.Items, out.Item)...)
	}
	for _, its := range out.Responses {
		for _, it := range its {
			r.units += units(it)
		}
	}
}

// A list of imports costs what its lines have, whatever was found in the files.
func TestListsOfImportsReadNoReports(t *testing.T) {
	const n = 300
	s := connected(t)
	report := aReport()
	for i := range n {
		_, _, err := s.jobs.CreateImport(t.Context(), anImport(i, report), domain.Once{}, "")
		must(t, err)
	}
	list := func(reports bool) (r reads) {
		s.net.heard = r.hear
		defer func() { s.net.heard = nil }()
		seen := 0
		for cursor := ""; ; {
			is, next, err := s.jobs.Imports(t.Context(), opera, 100, cursor)
			must(t, err)
			if reports {
				must(t, s.jobs.Reports(t.Context(), opera, is))
			}
			for _, i := range is {
				if want := (domain.Report{}); reports && !cmp.Equal(i.Report, report) || !reports && !cmp.Equal(i.Report, want) {
					t.Fatalf("%s: %s", i.ID, cmp.Diff(i.Report, report))
				}
			}
			seen += len(is)
			if cursor = next; next == "" {
				break
			}
		}
		if seen != n {
			t.Errorf("%d imports were listed", seen)
		}
		return r
	}
	brief := list(false)
	t.Logf("%d imports: %d requests, %d units, without reports", n, brief.requests, brief.units)
	if brief.requests > 3 || float64(brief.units) > 0.35*n {
		t.Errorf("%d requests and %d units for %d imports", brief.requests, brief.units, n)
	}
	whole := list(true)
	t.Logf("%d imports: %d requests, %d units, with reports", n, whole.requests, whole.units)
	if whole.requests > 9 || float64(whole.units) > 1.8*n {
		t.Errorf("%d requests and %d units for %d imports with their reports", whole.requests, whole.units, n)
	}

	// Of a list that was searched, what lies between its lines is not read.
	few := reads{}
	ends := []domain.Import{}
	for _, i := range []int{0, n - 1} {
		imp, err := s.jobs.BriefImport(t.Context(), opera, anImport(i, report).ID)
		must(t, err)
		ends = append(ends, imp)
	}
	s.net.heard = few.hear
	must(t, s.jobs.Reports(t.Context(), opera, ends))
	if few.units > 2 || !cmp.Equal(ends[0].Report, report) || !cmp.Equal(ends[1].Report, report) {
		t.Errorf("the reports of two imports cost %d units", few.units)
	}

	one := reads{}
	s.net.heard = one.hear
	_, err := s.jobs.BriefImport(t.Context(), opera, anImport(0, report).ID)
	must(t, err)
	if one.requests != 1 || one.units != 1 {
		t.Errorf("one import without its report: %+v", one)
	}
	// A change of what is no report writes none.
	c := &tally{requests: map[string]int{}}
	s.net.heard, s.net.fail = nil, c.count
	changed, err := s.jobs.ChangeImport(t.Context(), opera, anImport(0, report).ID, func(i *domain.Import) error { i.Note = "Done"; return nil })
	must(t, err)
	if !cmp.Equal(changed.Report, report) || c.units != 2 { // one small item in a transaction
		t.Errorf("a note cost %d units", c.units)
	}
}

// What the version before this one wrote, which kept everything in one document.
const writtenBefore = `{"ID":"i1","Institution":"opera","DataType":"criteria","Action":"test","FileName":"spring.csv","columns":{"Genre":"[new] GENRE"},"onConflict":"skip","Headers":[{"name":"Genre","samples":["ROCK"],"column":"[new] GENRE","by":"given","suggestions":[]}],"Learnt":{"Mapping":"m1","Columns":{"Genre":"[new] GENRE"},"At":"0001-01-01T00:00:00Z"},"Email":"anna@example.org","Note":"","Language":"fr","Status":"done","Cancel":false,"Of":"","OfKind":"","UpdatedBy":"","UndoneBy":"","Source":{"bucket":"b","key":"k","version":"v","size":9},"Rows":3,"Chunks":1,"Counts":{"rows":3,"created":0,"updated":2,"unchanged":0,"rejected":0,"conflicted":1,"unprocessed":0},"Problem":null,"Detected":{"format":"csv","rows":3,"columns":1},"Warnings":[{"code":"encodingGuessed","params":{"encoding":"Windows-1252","examples":["Müller"]},"line":1}],"Problems":[{"line":2,"column":"[new] GENRE","value":"ROK","outcome":"conflicted","code":"conflict","params":{"live":"","new":"ROK","old":"A"},"old":"A","live":"","otherLines":[4,5]}],"ProblemsAll":1,"Fields":[{"field":"GENRE","label":"Genre","kind":"choice","changes":[{"from":"","to":"ROCK","count":2}]}],"Files":["original","errors"],"Mail":{"status":"sent","tries":1},"CreatedAt":"2026-11-24T09:00:00Z","CreatedBy":"anna","StartedAt":"2026-11-24T09:01:00Z","FinishedAt":"2026-11-24T09:02:00Z","RetriedAt":"0001-01-01T00:00:00Z","ExpiresAt":"2036-12-24T09:00:00Z","Version":5,"Ticket":{"slot":0,"order":""},"Round":0,"Accounted":0,"Account":""}`

func TestImportsOfTheVersionBefore(t *testing.T) {
	s := connected(t)
	put := func(doc string) {
		t.Helper()
		s1 := func(v string) types.AttributeValue { return &types.AttributeValueMemberS{Value: v} }
		_, err := s.client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &s.jobsTable, Item: map[string]types.AttributeValue{
			"pk": s1("opera#imports"), "sk": s1("i1"), "doc": s1(doc), "v": &types.AttributeValueMemberN{Value: "5"}, "updatedBy": s1("u1"), "undoneBy": s1("")}})
		must(t, err)
	}
	put(writtenBefore)
	var want domain.Import
	must(t, json.Unmarshal([]byte(writtenBefore), &want))
	want.UpdatedBy = "u1"
	if len(want.Headers)+len(want.Warnings)+len(want.Problems)+len(want.Fields) != 4 || want.Learnt.Mapping != "m1" || want.Columns["Genre"] == "" {
		t.Fatalf("%+v", want)
	}
	same := func(what string, got domain.Import) {
		t.Helper()
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: %s", what, d)
		}
	}
	get := func() domain.Import {
		t.Helper()
		i, err := s.jobs.Import(t.Context(), opera, "i1")
		must(t, err)
		return i
	}
	same("read", get())
	is, _, err := s.jobs.Imports(t.Context(), opera, 10, "")
	must(t, err)
	must(t, s.jobs.Reports(t.Context(), opera, is))
	same("listed", is[0])
	if _, _, err = s.jobs.CreateImport(t.Context(), domain.Import{ID: "i2", Institution: opera, Of: "i1", OfKind: domain.UpdateOf, Action: domain.Update}, domain.Once{}, "other"); fault.KindOf(err) != fault.Conflict {
		t.Errorf("another update: %v", err)
	}

	// The first change takes its report apart.
	changed, err := s.jobs.ChangeImport(t.Context(), opera, "i1", func(i *domain.Import) error { i.Note = "seen"; return nil })
	must(t, err)
	want.Note, want.Version, want.Reported = "seen", 6, 6
	same("changed", changed)
	same("read after the change", get())
	brief, err := s.jobs.BriefImport(t.Context(), opera, "i1")
	must(t, err)
	if !brief.Report.None() {
		t.Errorf("the report is where it was: %+v", brief.Report)
	}

	// While both versions run, the one before may write what this one has written: it
	// knows nothing of the report.
	without := strings.NewReplacer(`"Headers":[{"name":"Genre","samples":["ROCK"],"column":"[new] GENRE","by":"given","suggestions":[]}]`, `"Headers":null`, `"Note":""`, `"Note":"by the other"`).Replace(writtenBefore)
	put(without)
	want.Note, want.Version, want.Reported = "by the other", 5, 0
	same("written by the version before", get())
	_, err = s.jobs.ChangeImport(t.Context(), opera, "i1", func(i *domain.Import) error { i.Note = "seen again"; return nil })
	must(t, err)
	want.Note, want.Version, want.Reported = "seen again", 6, 6
	same("changed again", get())
}

// Whoever reads an import while its report is written gets one with the other.
func TestAnImportIsReadWithItsOwnReport(t *testing.T) {
	s := connected(t)
	imp := anImport(1, aReport())
	imp.Status, imp.ProblemsAll = domain.Running, 100
	_, _, err := s.jobs.CreateImport(t.Context(), imp, domain.Once{}, "")
	must(t, err)
	times := 0
	s.net.fail = func(op string, body []byte, _ int) (*http.Response, error) {
		if op != "GetItem" || !strings.Contains(string(body), "opera#reports") || times == 3 {
			return nil, nil
		}
		times++
		fail := s.net.fail
		s.net.fail = nil
		_, err := s.jobs.ChangeImport(t.Context(), opera, imp.ID, func(i *domain.Import) error {
			i.Problems = i.Problems[:len(i.Problems)-1]
			i.ProblemsAll = len(i.Problems)
			return nil
		})
		s.net.fail = fail
		return nil, err
	}
	got, err := s.jobs.Import(t.Context(), opera, imp.ID)
	must(t, err)
	if times != 3 || got.ProblemsAll != 97 || len(got.Problems) != 97 || got.Version != 4 {
		t.Errorf("after %d changes: %d problems of %d, version %d", times, len(got.Problems), got.ProblemsAll, got.Version)
	}
}
