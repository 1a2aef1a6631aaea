// A round trip by the client that oapi-codegen makes of the description: contacts
// come in, a template goes out, is changed and comes in again, and the change is read
// back. URL and KEY say where and as whom; the numbers of the contacts and the last
// import are printed.
package main

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"log"
	"mime/multipart"
	"net/http"
	"os"
	"strings"
	"time"

	"roundtrip/client"
)

var ctx = context.Background()

func must[T any](v T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return v
}

// ok returns the answer, or ends with the problem that there is instead.
func ok[T any](v *T, body []byte) T {
	if v == nil {
		log.Fatalf("not taken: %s", body)
	}
	return *v
}

func pointer[T any](v T) *T { return &v }

func main() {
	log.SetFlags(0)
	key := func(_ context.Context, r *http.Request) error {
		r.Header.Set("Authorization", "Bearer "+os.Getenv("KEY"))
		return nil
	}
	c := must(client.NewClientWithResponses(os.Getenv("URL"), client.WithRequestEditorFn(key)))
	began := time.Now()

	city := "Goville " + began.UTC().Format("150405")
	made := run(c, client.ImportBodyDataTypeContacts, "Email,Last name,City\ngopher.one@example.com,Gopher,"+city+"\ngopher.two@example.com,Gopher,"+city+"\n")
	if made.Counts.Created != 2 {
		log.Fatalf("created %+v", made.Counts)
	}

	target := must(c.CreateTargetWithResponse(ctx, nil, client.TargetBody{Name: city, Condition: map[string]any{"field": "contact:city", "op": "is", "value": city}}))
	form := must(c.CreateTemplateWithResponse(ctx, &client.CreateTemplateParams{}, client.TemplateBody{
		DataType: client.TemplateBodyDataTypeContacts, TargetId: ok(target.JSON201, target.Body).Id, UpdatedSince: &began,
		Include: &[]client.TemplateBodyInclude{client.TemplateBodyIncludeCriteria, client.TemplateBodyIncludeAuthorisations}}))
	id := ok(form.JSON202, form.Body).Id
	for {
		t := must(c.GetTemplateWithResponse(ctx, id, nil))
		status := ok(t.JSON200, t.Body).Status
		if status == client.TemplateStatusReady {
			break
		}
		if status != client.TemplateStatusPreparing {
			log.Fatalf("the template is %s: %s", status, t.Body)
		}
		time.Sleep(200 * time.Millisecond)
	}
	file := must(c.GetTemplateFileWithResponse(ctx, id, &client.GetTemplateFileParams{Redirect: pointer(false)}))
	rows := table(must(http.Get(ok(file.JSON200, file.Body).Url)))
	numbers := map[string]bool{}
	for _, row := range rows[1:] {
		numbers[strings.TrimPrefix(row[0], "#")] = true
		for i, name := range rows[0] {
			switch name {
			case "[new] GENRE":
				row[i] = "JAZZ"
			case "[new] authorisation:EMAIL":
				row[i] = "TRUE"
			}
		}
	}
	if len(numbers) != 2 {
		log.Fatalf("the form has %d contacts", len(numbers))
	}
	var changed bytes.Buffer
	w := csv.NewWriter(&changed)
	if err := w.WriteAll(rows); err != nil {
		log.Fatal(err)
	}
	updated := run(c, client.ImportBodyDataTypeContacts, changed.String())
	if updated.Counts.Updated != 2 {
		log.Fatalf("updated %+v", updated.Counts)
	}

	seen := map[string]bool{}
	for cursor := ""; ; {
		page := must(c.FindContactsWithResponse(ctx, &client.FindContactsParams{UpdatedSince: &began, Cursor: &cursor}))
		got := ok(page.JSON200, page.Body)
		for _, contact := range got.Items {
			if numbers[contact.Number] {
				seen[contact.Number] = contact.Criteria["GENRE"] == "JAZZ" && contact.Authorisations["EMAIL"] == true && contact.UpdatedAt != nil
			}
		}
		if cursor = got.NextCursor; cursor == "" {
			if got.NextUpdatedSince == nil || got.NextUpdatedSince.After(time.Now()) {
				log.Fatalf("the next time is %v", got.NextUpdatedSince)
			}
			break
		}
	}
	for number := range numbers {
		if !seen[number] {
			log.Fatalf("contact %s was not read back", number)
		}
		fmt.Println(number)
	}
	fmt.Println(updated.Id)
}

// run imports a file and waits for its end.
func run(c *client.ClientWithResponses, dataType client.ImportBodyDataType, file string) client.ImportView {
	begun := must(c.CreateImportWithResponse(ctx, &client.CreateImportParams{}, client.ImportBody{DataType: dataType, Action: client.ImportBodyActionUpdate, FileName: pointer("go.csv")}))
	job := ok(begun.JSON201, begun.Body)
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for name, value := range job.Upload.Fields {
		form.WriteField(name, value)
	}
	part := must(form.CreateFormFile("file", "go.csv"))
	must(io.WriteString(part, file))
	form.Close()
	sent := must(http.Post(job.Upload.Url, form.FormDataContentType(), &body))
	if sent.StatusCode >= 300 {
		log.Fatalf("the upload: %s", sent.Status)
	}
	must(c.StartImportWithResponse(ctx, job.Id))
	for {
		i := must(c.GetImportWithResponse(ctx, job.Id, nil))
		if i.StatusCode() == http.StatusServiceUnavailable {
			time.Sleep(time.Second)
			continue
		}
		shown := ok(i.JSON200, i.Body)
		switch shown.Status {
		case client.ImportViewStatusDone:
			return shown
		case client.ImportViewStatusRejected, client.ImportViewStatusFailed, client.ImportViewStatusIncomplete, client.ImportViewStatusCancelled:
			log.Fatalf("the import is %s: %s", shown.Status, i.Body)
		}
		time.Sleep(200 * time.Millisecond)
	}
}

// table reads the form in a zip.
func table(r *http.Response) [][]string {
	b := must(io.ReadAll(r.Body))
	z := must(zip.NewReader(bytes.NewReader(b), int64(len(b))))
	text := must(io.ReadAll(must(z.Open("contacts.csv"))))
	return must(csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text, []byte("\ufeff")))).ReadAll())
}
