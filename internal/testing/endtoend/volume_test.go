package endtoend_test

// Volumes come last, by the name of this file: the other tests look through all
// contacts again and again.

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"rollbook/internal/aws/dynamo"
	"rollbook/internal/domain"
	"rollbook/internal/local/demo"
)

// 100,000 rows in ten chunks and more, at the same time, with exact counts.
func TestHundredThousand(t *testing.T) {
	const rows, each = 100_000, 10
	admin := as(t, "admin@borealis.example")
	db := dynamo.Open(stack.Config())
	store := dynamo.NewContacts(db, stack.Tables.Contacts, stack.Tables.Emails, stack.Tables.History, stack.Tables.Catalogue)
	number := func(i int) string { return fmt.Sprintf("9%09d", i) }
	// Every tenth line asks for something; only those contacts need to be there.
	if err := store.Load(t.Context(), demo.Borealis, func(yield func(domain.Contact) bool) {
		for i := 0; i < rows; i += each {
			c := domain.Contact{Number: domain.ContactNumber(number(i)), Fields: map[domain.Field]domain.Value{"criterion:GENRE": "FOLK"}}
			if i%(each*4) == 0 {
				c.Fields["criterion:GENRE"] = "OPERA" // somebody changed it
			}
			if !yield(c) {
				return
			}
		}
	}); err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	file.WriteString("Contact;[old] GENRE;[new] GENRE\r\n")
	var want domain.Counts
	for i := range rows {
		old, new := "FOLK", ""
		switch {
		case i%each == 0 && i%(each*4) == 0:
			new, want.Conflicted = "JAZZ", want.Conflicted+1
		case i%each == 0:
			new, want.Updated = "JAZZ", want.Updated+1
		case i%1000 == 1:
			new, want.Rejected = "Jaz z", want.Rejected+1
		default:
			want.Unchanged++
		}
		want.Rows++
		fmt.Fprintf(&file, "#%s;%s;%s\r\n", number(i), old, new)
	}
	got := admin.run(domain.Criteria, domain.Update, file.Bytes())
	if got.Status != domain.Done || got.Counts != want {
		t.Fatalf("%s %+v, want %+v: %+v", got.Status, got.Counts, want, got.Problem)
	}
	// All problems can be paged through.
	seen, cursor := 0, ""
	for {
		var page struct {
			Items      []domain.Problem
			NextCursor string
		}
		admin.call(http.StatusOK, "GET", "/api/imports/"+got.ID+"/problems?outcome=conflicted&limit=200&cursor="+cursor, nil, &page)
		for _, p := range page.Items {
			if (p.Line-2)%(each*4) != 0 || p.Outcome != domain.RowConflicted {
				t.Fatalf("%+v is no conflict of this file", p)
			}
		}
		seen += len(page.Items)
		if cursor = page.NextCursor; cursor == "" {
			break
		}
	}
	if seen != want.Conflicted {
		t.Errorf("%d conflicts listed, want %d", seen, want.Conflicted)
	}
	// The map ran one child for each chunk.
	runs, err := sfn.NewFromConfig(stack.Config()).ListMapRuns(t.Context(), &sfn.ListMapRunsInput{
		ExecutionArn: aws.String(strings.Replace(stack.StateMachineARN, ":stateMachine:", ":execution:", 1) + ":" + got.ID)})
	if err != nil || len(runs.MapRuns) != 1 {
		t.Fatalf("map runs: %v %v", runs, err)
	}
	run, err := sfn.NewFromConfig(stack.Config()).DescribeMapRun(t.Context(), &sfn.DescribeMapRunInput{MapRunArn: runs.MapRuns[0].MapRunArn})
	if err != nil {
		t.Fatal(err)
	}
	if run.MaxConcurrency != 2 {
		t.Errorf("%d children at once, want 2", run.MaxConcurrency)
	}
	if run.ItemCounts.Succeeded < 10 || run.ItemCounts.Failed != 0 {
		t.Errorf("%+v, want 10 children or more", run.ItemCounts)
	}
}

// 100,000 contacts from one file, and meanwhile ten rows of another institution
// (fault 44): they do not wait for the many.
func TestHundredThousandContacts(t *testing.T) {
	const rows = 100_000
	c := as(t, "operator@aurora.example")
	var file bytes.Buffer
	file.WriteString("Email,Last name,First name,City,[new] GENRE\n")
	for i := range rows {
		fmt.Fprintf(&file, "p%06d@mass.example,Last%c%c,First,Town,JAZZ\n", i, 'a'+i%26, 'a'+i/26%26)
	}
	big := c.begin(map[string]any{"dataType": domain.Contacts, "action": domain.Update}, file.Bytes())
	look := func() (i imported) {
		c.call(http.StatusOK, "GET", "/api/imports/"+big, nil, &i)
		return i
	}
	for i := look(); i.Status == domain.Waiting || i.Status == domain.Checking; i = look() {
		time.Sleep(100 * time.Millisecond)
	}
	few := as(t, "operator@borealis.example").run(domain.Contacts, domain.Update, []byte("Email,Last name\n"+strings.Repeat("few@mass.example,Few\n", 10)))
	if want := (domain.Counts{Rows: 10, Created: 1, Unchanged: 9}); few.Status != domain.Done || few.Counts != want {
		t.Errorf("ten rows meanwhile: %s %+v", few.Status, few.Counts)
	}
	if i := look(); i.Status != domain.Running {
		t.Errorf("the ten rows waited for the many: these are %s", i.Status)
	}
	got := c.wait(big)
	if want := (domain.Counts{Rows: rows, Created: rows}); got.Status != domain.Done || got.Counts != want {
		t.Fatalf("%s %+v %+v", got.Status, got.Counts, got.Problem)
	}
	for i := 0; i < rows; i += rows / 20 {
		var found struct {
			Items []struct {
				Email    string
				Criteria map[string]any
			}
		}
		c.call(http.StatusOK, "GET", fmt.Sprintf("/api/contacts?q=p%06d@mass.example", i), nil, &found)
		if len(found.Items) != 1 || found.Items[0].Criteria["GENRE"] != "JAZZ" {
			t.Fatalf("row %d: %+v", i, found.Items)
		}
	}
	if changes := bytes.Count(c.download("/api/imports/"+got.ID+"/files/changes"), []byte("\r\n")); changes != 5*rows+1 {
		t.Errorf("changes.csv has %d lines, want %d", changes, 5*rows+1)
	}
}
