package api

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"rollbook/internal/domain"
	"rollbook/internal/domain/fault"
	"rollbook/internal/domain/person"
	"rollbook/internal/domain/reason"
	"rollbook/internal/domain/text"
	"rollbook/internal/file/sheet"
	"rollbook/internal/importing/flow"
)

// importTypes are the types of data that can be imported.
var importTypes = []domain.DataType{domain.Contacts, domain.Criteria, domain.Authorisations}

type importBody struct {
	DataType string            `json:"dataType" enum:"contacts,criteria,authorisations"`
	Action   string            `json:"action" enum:"test,update" doc:"test writes nothing and says what update would do."`
	FileName string            `json:"fileName,omitempty" example:"criteria.csv" doc:"As the user knows it; only shown."`
	Email    string            `json:"email,omitempty" example:"ana@aurora.example" doc:"Where the result is mailed; without one no mail is sent."`
	Note     string            `json:"note,omitempty" maxLength:"250" example:"Spring season, list of the box office" doc:"For people, as they may change it later."`
	TargetID string            `json:"targetId,omitempty" maxLength:"200" doc:"With set, instead of a file: the dynamic target whose contacts get the values."`
	Set      map[string]string `json:"set,omitempty" example:"{\"GENRE\":\"JAZZ\"}" doc:"With targetId: by code, what a [new] cell would have. The form of the target is made with these cells and imported; there is nothing to upload. Of criteria and authorisations."`
	RecipeBody
}

// RecipeBody says how a file is read and applied.
type RecipeBody struct {
	Columns         map[string]string `json:"columns,omitempty" example:"{\"Nom\":\"Last name\",\"Remarks\":\"\"}" doc:"What columns of the file are for, by their names there: a column of ours such as Last name or [new] GENRE, or nothing to leave it out. Columns that are not named here are recognised, or make the file be rejected."`
	Encoding        string            `json:"encoding,omitempty" enum:"UTF-8,Windows-1252,Windows-1250,MacRoman,CP850,ISO-8859-2,ISO-8859-15,Windows-1254,Windows-1257,CP437,CP852" doc:"Of the file, where it cannot be recognised; absent to recognise it. A byte order mark is believed all the same."`
	DateOrder       string            `json:"dateOrder,omitempty" enum:"dmy,mdy,ymd" doc:"Of day and month where / or - stands between numbers; absent for what each column tells as a whole, else for what is usual in the institution's country."`
	DecimalSign     string            `json:"decimalSign,omitempty" enum:"point,comma" doc:"What stands before the decimals of numbers; absent for what each column tells as a whole. A number that may be two, such as 1.250, is rejected where neither says."`
	OnConflict      string            `json:"onConflict,omitempty" enum:"skip,overwrite" default:"skip" doc:"What becomes of values that somebody else changed since the export."`
	Mode            string            `json:"mode,omitempty" enum:"createAndUpdate,create,update" doc:"For contacts: whether rows may create contacts, change those that are there, or both (the default). Rows that may not are rejected."`
	Fill            bool              `json:"fill,omitempty" doc:"Only values that are empty are written; others stay, and count as unchanged."`
	Refusals        string            `json:"refusals,omitempty" enum:"keep,override" doc:"Where the file has no [old]: keep, the default, does not make an authorisation true that is false; such a row is conflicted, code refused."`
	Country         string            `json:"country,omitempty" minLength:"2" maxLength:"2" example:"CH" doc:"For telephone numbers and postcodes of rows that name no country and whose contact has none; absent for the institution's."`
	Persons         map[string]string `json:"persons,omitempty" example:"{\"12\":\"same\"}" doc:"For rows that conflict as anotherPerson, by their lines: same for the contact that has the e-mail address, another to create one."`
	Proof           string            `json:"proof,omitempty" maxLength:"250" doc:"Kept with each authorisation that the import sets."`
	MatchBy         string            `json:"matchBy,omitempty" maxLength:"40" example:"CRM_ID" doc:"For contacts: the code of a text criterion by which rows find their contact, as the number that another system gave it. The file has it as a column, and no Contact."`
	Corrections     []correction      `json:"corrections,omitempty" maxItems:"10000" doc:"Change cells as the file is read, in this order. Lists of imports do not have them."`
	AllowSamePerson bool              `json:"allowSamePerson,omitempty" doc:"For contacts: rows may create several contacts with one e-mail address, or one name and birth date."`
}

func (b RecipeBody) recipe() domain.Recipe {
	r := domain.Recipe{Columns: b.Columns, Encoding: b.Encoding, DateOrder: b.DateOrder, DecimalSign: b.DecimalSign, Mode: domain.Mode(b.Mode), Fill: b.Fill, Refusals: domain.Refusals(b.Refusals), Proof: strings.TrimSpace(b.Proof), Country: strings.ToUpper(b.Country),
		OnConflict: domain.OnConflict(b.OnConflict), AllowSamePerson: b.AllowSamePerson, MatchBy: b.MatchBy}
	for line, same := range b.Persons {
		if n, err := strconv.Atoi(line); err == nil {
			if r.Persons == nil {
				r.Persons = map[int]domain.Same{}
			}
			r.Persons[n] = domain.Same(same)
		}
	}
	return r
}

// The most that a recipe says: of as many columns as a file has, and in a request.
const (
	maxColumns  = sheet.MaxColumns
	recipeBytes = 4 << 20
)

func (b RecipeBody) check(f *faults) {
	f.text("body.proof", b.Proof, 0, domain.MaxText)
	if b.Country != "" && !person.Country(b.Country) {
		f.because("body.country", reason.New("unknownCountry", b.Country))
	}
	if len(b.Persons) > domain.MaxPersons {
		f.add("body.persons", "invalid.mostElements", domain.MaxPersons)
	}
	for _, line := range slices.Sorted(maps.Keys(b.Persons)) {
		n, err := strconv.Atoi(line)
		if err != nil || n < 1 || !slices.Contains(domain.Sames, domain.Same(b.Persons[line])) {
			f.add("body.persons."+text.Shown(line), "invalid.oneOf", []string{string(domain.SamePerson), string(domain.AnotherPerson)})
		}
	}
	for i, c := range b.Corrections {
		if !c.good() {
			f.add(fmt.Sprintf("body.corrections[%d]", i), "invalid.correction")
		}
	}
	switch {
	case len(b.Columns) > maxColumns:
		f.add("body.columns", "invalid.mostElements", maxColumns)
	case domain.ColumnBytes(b.Columns) > domain.MaxColumnBytes:
		f.add("body.columns", "invalid.longest", domain.MaxColumnBytes)
	}
}

func recipeOf(r domain.Recipe) RecipeBody {
	b := RecipeBody{Columns: r.Columns, Encoding: r.Encoding, DateOrder: r.DateOrder, DecimalSign: r.DecimalSign, Mode: string(r.Mode), Fill: r.Fill, Refusals: string(r.Refusals), Proof: r.Proof, Country: r.Country,
		OnConflict: string(r.OnConflict), AllowSamePerson: r.AllowSamePerson, MatchBy: r.MatchBy}
	for line, same := range r.Persons {
		if b.Persons == nil {
			b.Persons = map[string]string{}
		}
		b.Persons[strconv.Itoa(line)] = string(same)
	}
	return b
}

// createdImport is an import that waits for its file.
type createdImport struct {
	ID     string      `json:"id"`
	Status string      `json:"status" example:"waiting"`
	Upload *uploadForm `json:"upload,omitempty" doc:"Where the file goes; absent if a repeated request finds that it came already, and for an import without a file."`
}

type uploadForm struct {
	URL      string            `json:"url" doc:"POST a multipart/form-data form here."`
	Fields   map[string]string `json:"fields" doc:"The form's fields, before the last one: file."`
	MaxBytes int64             `json:"maxBytes" example:"5368709120"`
}

// importView is one file, one type of data, one action.
type importView struct {
	ID              string               `json:"id"`
	DataType        string               `json:"dataType,omitempty" enum:"contacts,criteria,authorisations" doc:"Absent if the file was dropped at a path that names none."`
	Action          string               `json:"action,omitempty" enum:"test,update" doc:"Likewise."`
	OnConflict      string               `json:"onConflict" enum:"skip,overwrite"`
	AllowSamePerson bool                 `json:"allowSamePerson,omitempty"`
	Encoding        string               `json:"encoding,omitempty" doc:"As it was chosen."`
	Recipe          RecipeBody           `json:"recipe" doc:"How the file was read and applied."`
	Headers         []domain.Header      `json:"headers" doc:"The file's columns and what each was taken for."`
	Mapping         string               `json:"mapping,omitempty" doc:"What was said of its columns is, or will be with a done update, this mapping. It may have been forgotten since."`
	FileName        string               `json:"fileName"`
	Email           string               `json:"email,omitempty"`
	Note            string               `json:"note,omitempty" doc:"What people wrote about it. Its update has it too."`
	Status          string               `json:"status" enum:"waiting,checking,queued,running,done,rejected,incomplete,failed,cancelled"`
	Progress        float64              `json:"progress" minimum:"0" maximum:"1"`
	Counts          domain.Counts        `json:"counts" doc:"While it runs, of the rows done so far. rows is always the sum of the others."`
	Problem         *reasonView          `json:"problem,omitempty" doc:"Why the whole import was rejected, failed or cancelled."`
	Detected        *domain.Detected     `json:"detected,omitempty" doc:"What reading found out about the file."`
	Warnings        []warningView        `json:"warnings"`
	Problems        []problemView        `json:"problems" doc:"The first 100."`
	ProblemsTotal   int                  `json:"problemsTotal"`
	Fields          []domain.FieldReport `json:"fields" doc:"What changes in each field."`
	Files           []string             `json:"files" doc:"Those of errors, changes, undo, corrected and original that can be fetched."`
	Of              string               `json:"of,omitempty" doc:"The import whose file this one runs: a test, or the update that it undoes or tests undoing."`
	OfKind          string               `json:"ofKind,omitempty" enum:"update,undo,test"`
	UpdatedBy       string               `json:"updatedBy,omitempty" doc:"The update that ran this test's bytes."`
	UndoneBy        string               `json:"undoneBy,omitempty" doc:"The undo of this update."`
	Cancelling      bool                 `json:"cancelling,omitempty" doc:"Cancelling was asked for and is under way."`
	Resumable       bool                 `json:"resumable,omitempty" doc:"It ended before all rows were done, and they can be done now."`
	Round           int                  `json:"round,omitempty" doc:"How often it was resumed."`
	Mail            mailView             `json:"mail"`
	CreatedAt       time.Time            `json:"createdAt"`
	CreatedBy       string               `json:"createdBy" doc:"The e-mail address at the time, or the key's name."`
	CreatedByID     string               `json:"createdById" doc:"The user's id in the pool, which never changes, key: and the key's, or inbox."`
	StartedAt       *time.Time           `json:"startedAt,omitempty"`
	FinishedAt      *time.Time           `json:"finishedAt,omitempty"`
	ExpiresAt       *time.Time           `json:"expiresAt,omitempty" doc:"When the import and its files go."`
	Execution       string               `json:"execution,omitempty" doc:"For administrators, when it has started: the ARN of the state machine's execution."`
}

type importInput struct {
	Once
	Body importBody
}

type createdAnswer struct {
	Location string `header:"Location" doc:"Of what was made."`
	Body     createdImport
}

type importAnswer struct {
	ETag string `header:"ETag"`
	Body importView
}

type runInput struct {
	IDPath
	Once
}

type testInput struct {
	IDPath
	Once
	Body *RecipeBody `doc:"The whole recipe; absent for the one that the import has."`
}

type undoInput struct {
	IDPath
	Once
	Test bool `query:"test" doc:"Only tests the undo file: the answer is a new import that writes nothing and says what an undo would put back and what it could not."`
}

type importFileInput struct {
	IDPath
	Name string `path:"name" maxLength:"200" example:"errors" doc:"errors, errors.xlsx, changes, undo, corrected or original."`
	Follow
}

func (s *server) importRoutes() {
	const all, one = "/api/imports", "/api/imports/{id}"
	route(s, Operator, huma.Operation{
		OperationID: "createImport", Method: http.MethodPost, Path: all, Tags: []string{tagImports},
		Summary:       "Announce a file",
		Description:   "POST the file to upload.url as multipart/form-data: all of upload.fields, then the file as field file. The form can be used for one hour. The import starts by itself some seconds after the file has come; POST to {id}/uploaded starts it at once.",
		DefaultStatus: http.StatusCreated, Errors: []int{http.StatusConflict}, MaxBodyBytes: recipeBytes,
	}, s.createImport)
	route(s, Viewer, huma.Operation{
		OperationID: "listImports", Method: http.MethodGet, Path: all, Tags: []string{tagImports},
		Summary: "List imports, newest first", Errors: []int{http.StatusUnprocessableEntity},
	}, s.listImports)
	route(s, Viewer, huma.Operation{
		OperationID: "getImport", Method: http.MethodGet, Path: one, Tags: []string{tagImports},
		Summary: "Get an import", Errors: []int{http.StatusNotFound},
	}, s.getImport)
	route(s, Operator, huma.Operation{
		OperationID: "putImport", Method: http.MethodPut, Path: one, Tags: []string{tagImports},
		Summary: "Change an import's note", Description: "All else of an import follows from what was done.", Errors: []int{http.StatusNotFound, http.StatusPreconditionFailed},
	}, s.putImport)
	s.problemRoutes(one)
	s.changesRoutes(one)
	s.draftRoutes(one)
	route(s, Viewer, huma.Operation{
		OperationID: "listRows", Method: http.MethodGet, Path: one + "/rows", Tags: []string{tagImports},
		Summary:     "Show the first rows of the uploaded file",
		Description: "At most 10 rows as the file has them, in the order of headers, whatever becomes of the columns; none whose cells cannot be told apart. They are read from the file at each request. There is one page.",
		Errors:      []int{http.StatusNotFound, http.StatusGone},
	}, s.listRows)
	route(s, Operator, huma.Operation{
		OperationID: "startImport", Method: http.MethodPost, Path: one + "/uploaded", Tags: []string{tagImports},
		Summary:       "Say that the file has been sent",
		Description:   "The import starts now if its file is there. It would some seconds later without this, so nobody has to ask; asking again, or before the file has come, changes nothing.",
		DefaultStatus: http.StatusAccepted, Errors: []int{http.StatusNotFound},
	}, s.startImport)
	route(s, Operator, huma.Operation{
		OperationID: "testImport", Method: http.MethodPost, Path: one + "/test", Tags: []string{tagImports},
		Summary:       "Test the same bytes with another recipe",
		Description:   "Makes a new import that tests the uploaded file. The body is the whole recipe; without one it is that of the import.",
		DefaultStatus: http.StatusCreated, Errors: []int{http.StatusNotFound, http.StatusConflict, http.StatusGone}, MaxBodyBytes: recipeBytes,
	}, s.testImport)
	route(s, Operator, huma.Operation{
		OperationID: "updateImport", Method: http.MethodPost, Path: one + "/update", Tags: []string{tagImports},
		Summary:       "Bulk-update with the bytes that were tested",
		Description:   "Makes a new import of the tested file. A second time, the answer is 409 with the id of the first.",
		DefaultStatus: http.StatusCreated, Errors: []int{http.StatusNotFound, http.StatusConflict, http.StatusGone},
	}, s.updateImport)
	route(s, Operator, huma.Operation{
		OperationID: "undoImport", Method: http.MethodPost, Path: one + "/undo", Tags: []string{tagImports},
		Summary:       "Put back what an update changed",
		Description:   "Makes a new import of the update's undo file; values that somebody changed since are left alone. A second time, the answer is 409 with the id of the first.",
		DefaultStatus: http.StatusCreated, Errors: []int{http.StatusNotFound, http.StatusConflict, http.StatusGone},
	}, s.undoImport)
	route(s, Operator, huma.Operation{
		OperationID: "resumeImport", Method: http.MethodPost, Path: one + "/resume", Tags: []string{tagImports},
		Summary:       "Do what an import has left",
		Description:   "For an import that is incomplete, failed or cancelled: its unprocessed rows are done, from the same bytes and by the same recipe. Account, files and undo then speak of all its rows. Asking again while it runs changes nothing.",
		DefaultStatus: http.StatusAccepted, Errors: []int{http.StatusNotFound, http.StatusConflict, http.StatusGone},
	}, s.resumeImport)
	route(s, Operator, huma.Operation{
		OperationID: "cancelImport", Method: http.MethodPost, Path: one + "/cancel", Tags: []string{tagImports},
		Summary:     "Stop an import",
		Description: "Rows that are done stay done; the others become unprocessed.",
		Errors:      []int{http.StatusNotFound, http.StatusConflict},
	}, s.cancelImport)
	route(s, Viewer, huma.Operation{
		OperationID: "getImportFile", Method: http.MethodGet, Path: one + "/files/{name}", Tags: []string{tagImports},
		Summary: "Fetch the errors, the changes, the undo file, the file as it was corrected or the uploaded file", DefaultStatus: http.StatusFound,
		Errors: []int{http.StatusNotFound, http.StatusGone},
	}, s.importFile)
	s.redirects(one + "/files/{name}")
}

// theImport is an import without its report, wholeImport has that too.
func (s *server) theImport(ctx context.Context, c Claims, id string) (domain.Import, error) {
	if !safeID(id) {
		return domain.Import{}, fault.Missing()
	}
	return s.Jobs.BriefImport(ctx, c.Institution, id)
}

func (s *server) wholeImport(ctx context.Context, c Claims, id string) (domain.Import, error) {
	if !safeID(id) {
		return domain.Import{}, fault.Missing()
	}
	return s.Jobs.Import(ctx, c.Institution, id)
}

// getImport reads the report only for who has not got it.
func (s *server) getImport(ctx context.Context, c Claims, in *IDPath) (*importAnswer, error) {
	i, err := s.theImport(ctx, c, in.ID)
	if err != nil {
		return nil, err
	}
	shown, err := s.showImport(ctx, c, i)
	if err != nil || has(ctx, shown.ETag) {
		return shown, err
	}
	is := []domain.Import{i}
	if i.Reported > 0 {
		err = s.Jobs.Reports(ctx, c.Institution, is)
	} else {
		is[0], err = s.wholeImport(ctx, c, in.ID)
	}
	if err != nil {
		return nil, err
	}
	return s.showWhole(ctx, c, is[0])
}

func (s *server) createImport(ctx context.Context, c Claims, in *importInput) (*createdAnswer, error) {
	var f faults
	t := domain.DataType(in.Body.DataType)
	if !slices.Contains(importTypes, t) {
		f.add("body.dataType", "invalid.notImportable", t)
	}
	email := f.email("body.email", in.Body.Email)
	note := f.text("body.note", in.Body.Note, 0, domain.MaxText)
	in.Body.check(&f)
	for i, c := range in.Body.Corrections {
		if c.Conflicts != "" || c.Conflict != "" { // of which test
			f.add(fmt.Sprintf("body.corrections[%d]", i), "invalid.correction")
		}
	}
	cat, err := s.catalogue(ctx, c.Institution)
	if err != nil {
		return nil, err
	}
	set, err := s.setting(ctx, c, in.Body, cat, &f)
	if err != nil {
		return nil, err
	}
	if err := f.err(); err != nil {
		return nil, err
	}
	if err := s.mayImport(ctx, c, cat.Settings, 0); err != nil {
		return nil, err
	}
	name, file := in.Body.FileName, []byte(nil)
	if set != nil {
		release, err := s.hold(ctx, c, cat.Settings, previews, s.PreviewFor+10*time.Second)
		if err != nil {
			return nil, err
		}
		defer release()
		if file, err = s.fileOf(ctx, c, set); err != nil {
			return nil, err
		}
		name = cmp.Or(name, set.fileName(s.Now()))
	}
	if err := s.mayMail(ctx, c, cat.Settings, email); err != nil {
		return nil, err
	}
	mail, err := s.mailState(ctx, c, email)
	if err != nil {
		return nil, err
	}
	now := s.Now().UTC()
	id := s.NewID()
	recipe, err := s.corrected(ctx, c, id, in.Body.RecipeBody, nil)
	if err != nil {
		return nil, err
	}
	i := domain.Import{
		ID: id, Institution: c.Institution, DataType: t, Action: domain.Action(in.Body.Action),
		Recipe: recipe, FileName: domain.FileName(name), Email: email, Mail: mail, Note: note,
		Language: languageOf(c, cat.Settings), Status: domain.Waiting, CreatedAt: now, CreatedBy: c.who(), ExpiresAt: now.Add(domain.ImportLife),
	}
	noted(ctx, "/api/imports/"+i.ID, email)
	i, _, err = s.Jobs.CreateImport(ctx, i, in.Once.of("import", in.Body), "")
	if err != nil {
		return nil, err
	}
	noted(ctx, "/api/imports/"+i.ID, email)
	out := &createdAnswer{"/api/imports/" + i.ID, createdImport{ID: i.ID, Status: string(i.Status)}}
	if set != nil {
		// A repeated request puts it again while nothing has taken it.
		if i.Status == domain.Waiting {
			err = s.upload(ctx, i, file)
		}
		return out, err
	}
	left := i.CreatedAt.Add(flow.UploadLife).Sub(s.Now())
	if i.Status != domain.Waiting || left <= 0 {
		return out, nil
	}
	var maxBytes int64 = sheet.MaxFileBytes // less than the 5 GiB that S3 takes in one form
	for _, l := range scopes(c, cat.Settings) {
		maxBytes = min(maxBytes, l.FileBytes())
	}
	u, fields, err := s.Uploads.SignPost(ctx, flow.UploadKey(i.Institution, i.ID), maxBytes, left)
	if err != nil {
		return nil, err
	}
	out.Body.Upload = &uploadForm{u, fields, maxBytes}
	return out, nil
}

// ShowImport writes an import that has ended as the API shows it, in the language
// of its mails.
func ShowImport(i domain.Import) ([]byte, error) {
	v := viewImport(i, i.Language)
	v.Progress = 1
	return json.MarshalIndent(v, "", "  ")
}

func viewImport(i domain.Import, lang string) importView {
	v := importView{
		ID: i.ID, DataType: string(i.DataType), Action: string(i.Action), OnConflict: string(i.OnConflict), AllowSamePerson: i.AllowSamePerson, Encoding: i.Encoding, Recipe: recipeOf(i.Recipe), FileName: i.FileName, Email: i.Email, Note: i.Note,
		Headers: append([]domain.Header{}, i.Headers...), Mapping: i.Learnt.Mapping,
		Status: string(i.Status), Counts: i.Counts, Problem: showFileProblem(i.Problem, lang), Detected: i.Detected, ProblemsTotal: i.ProblemsAll,
		Warnings: []warningView{}, Problems: []problemView{},
		Fields: append([]domain.FieldReport{}, i.Fields...), Files: append([]string{}, i.Files...),
		Of: i.Of, OfKind: i.OfKind, UpdatedBy: i.UpdatedBy, UndoneBy: i.UndoneBy, Cancelling: i.Cancel && !i.Status.Final(), Resumable: i.Resumable(), Round: i.Round,
		Mail: showMail(i.Mail, lang), CreatedAt: i.CreatedAt.UTC(), CreatedBy: i.CreatedBy.Name(), CreatedByID: i.CreatedBy.ID(),
		StartedAt: timeOf(i.StartedAt), FinishedAt: timeOf(i.FinishedAt), ExpiresAt: timeOf(i.ExpiresAt),
	}
	for _, w := range i.Warnings {
		v.Warnings = append(v.Warnings, showWarning(w, lang))
	}
	for _, p := range i.Problems {
		v.Problems = append(v.Problems, showProblem(p, lang))
	}
	if i.Source.Key != "" && !slices.Contains(v.Files, flow.Original) {
		v.Files = append(v.Files, flow.Original)
	}
	for n := range v.Fields {
		v.Fields[n].Changes = append([]domain.Transition{}, v.Fields[n].Changes...)
	}
	return v
}

func (s *server) showImport(ctx context.Context, c Claims, i domain.Import) (*importAnswer, error) {
	return s.showImportIn(ctx, c, i, s.lang(ctx, c))
}

func (s *server) showImportIn(ctx context.Context, c Claims, i domain.Import, lang string) (*importAnswer, error) {
	v := viewImport(i, lang)
	if c.may(Admin) && !i.StartedAt.IsZero() {
		v.Execution = s.Machine.Execution(i.RunID())
	}
	switch {
	case i.Status.Final():
		v.Progress = 1
	case i.Status == domain.Checking, i.Status == domain.Queued:
		v.Progress = 0.01
	case i.Status == domain.Running:
		done, err := s.Jobs.Progress(ctx, i.Institution, i.RunID())
		if err != nil {
			return nil, err
		}
		// What earlier rounds did stays counted while another does the rest.
		v.Counts.Rows, v.Counts.Unprocessed = v.Counts.Rows-v.Counts.Unprocessed, 0
		done = done.Plus(v.Counts)
		v.Counts = done
		v.Progress = 0.01
		if i.Rows > 0 {
			// 1 is for when the results are there.
			v.Progress = min(max(float64(done.Rows)/float64(i.Rows), 0.01), 0.99)
		}
	}
	return &importAnswer{importTag(i, v, lang), v}, nil
}

// importTag is that of an import as it is shown. It follows from what is read without
// the report: that is the same as long as no version of the import wrote another.
func importTag(i domain.Import, v importView, lang string) string {
	v.Headers, v.Warnings, v.Problems, v.Fields, v.Execution = nil, nil, nil, nil, ""
	return tag(struct {
		importView
		Reported int
		Lang, By string
	}{v, i.Reported, lang, Version})
}

// testImport makes and starts a test of the bytes of an import that has ended. It
// sends no mail and may be made again and again.
func (s *server) testImport(ctx context.Context, c Claims, in *testInput) (*madeAnswer, error) {
	of, err := s.theImport(ctx, c, in.ID)
	if err != nil {
		return nil, err
	}
	switch {
	case of.OfKind == domain.UndoOf:
		return nil, fault.New(fault.Conflict, "notATest.undo")
	case !of.Status.Final() || of.Source.Key == "":
		return nil, fault.New(fault.Conflict, "notDone.update", of.Status)
	}
	if err := s.bytesThere(ctx, of); err != nil {
		return nil, err
	}
	recipe, id := of.Recipe, s.NewID()
	var asked any = recipe
	if in.Body != nil {
		var f faults
		in.Body.check(&f)
		if err := f.err(); err != nil {
			return nil, err
		}
		if recipe, err = s.corrected(ctx, c, id, *in.Body, &of); err != nil {
			return nil, err
		}
		asked = *in.Body
	}
	if err := s.mayRun(ctx, c, of.Rows); err != nil {
		return nil, err
	}
	now := s.Now().UTC()
	return s.made(ctx, domain.Import{
		ID: id, Institution: c.Institution, DataType: of.DataType, Action: domain.Test, Recipe: recipe,
		FileName: of.FileName, Note: of.Note, Language: of.Language, Status: domain.Checking, Source: of.Source,
		Of: of.ID, OfKind: domain.TestOf, CreatedAt: now, StartedAt: now, CreatedBy: c.who(), ExpiresAt: now.Add(domain.ImportLife),
	}, in.Once.of("test", struct {
		ID     string
		Recipe any
	}{of.ID, asked}))
}

// bytesThere answers 410 when the uploaded file has expired.
func (s *server) bytesThere(ctx context.Context, i domain.Import) error {
	_, err := s.Uploads.Open(ctx, i.Source)
	if err != nil && fault.KindOf(err) == fault.NotFound {
		return gone(reason.New("expired.upload"))
	}
	return err
}

// made creates an import of bytes that are there, and starts it.
func (s *server) made(ctx context.Context, i domain.Import, once domain.Once) (*madeAnswer, error) {
	made, created, err := s.Jobs.CreateImport(ctx, i, once, "")
	if err != nil {
		return nil, err
	}
	return s.begun(ctx, made, created)
}

// begun starts an import that was just created, or that an earlier request with the
// same key made and may have stopped before starting.
func (s *server) begun(ctx context.Context, made domain.Import, created bool) (*madeAnswer, error) {
	if created || !made.Status.Final() {
		if err := s.start(ctx, made); err != nil {
			return nil, err
		}
	}
	return &madeAnswer{"/api/imports/" + made.ID, job{made.ID, string(made.Status)}}, nil
}

func (s *server) updateImport(ctx context.Context, c Claims, in *runInput) (*madeAnswer, error) {
	test, err := s.theImport(ctx, c, in.ID)
	if err != nil {
		return nil, err
	}
	switch {
	case test.Action != domain.Test:
		return nil, fault.New(fault.Conflict, "notATest")
	case test.OfKind == domain.UndoOf:
		return nil, fault.New(fault.Conflict, "notATest.undo")
	case test.Status == domain.Rejected:
		return nil, fault.New(fault.Conflict, "fileRejected")
	case test.Status != domain.Done:
		return nil, fault.New(fault.Conflict, "notDone", test.Status)
	}
	if err := s.bytesThere(ctx, test); err != nil {
		return nil, err
	}
	if err := s.mayRun(ctx, c, test.Rows); err != nil {
		return nil, err
	}
	return s.run(ctx, c, test, test, domain.UpdateOf, test.UpdatedBy, in.Once)
}

func (s *server) undoImport(ctx context.Context, c Claims, in *undoInput) (*madeAnswer, error) {
	update, err := s.theImport(ctx, c, in.ID)
	if err != nil {
		return nil, err
	}
	switch {
	case update.Action != domain.Update:
		return nil, fault.New(fault.Conflict, "notAnUpdate")
	case !update.Status.Final():
		return nil, fault.New(fault.Conflict, "notDone.update", update.Status)
	case !slices.Contains(update.Files, "undo"):
		return nil, fault.New(fault.Conflict, "nothingToUndo")
	}
	o, _, err := s.Files.Head(ctx, flow.FileOf(update, "undo"))
	if err != nil {
		if fault.KindOf(err) == fault.NotFound {
			return nil, gone(reason.New("expired.undo"))
		}
		return nil, err
	}
	if err := s.mayRun(ctx, c, update.Counts.Created+update.Counts.Updated); err != nil {
		return nil, err
	}
	next := update
	// The undo file is ours, whatever the update's was.
	next.Recipe = domain.Recipe{OnConflict: domain.Skip, AllowSamePerson: update.AllowSamePerson}
	next.Learnt, next.Note = domain.Learnt{}, ""
	next.Source, next.FileName = o, strings.TrimSuffix(update.FileName, path.Ext(update.FileName))+"-undo.csv"
	if in.Test {
		note(ctx, func(e *domain.Audited) { e.Details = map[string]string{"test": "true"} })
		return s.testUndo(ctx, c, update, next, in.Once)
	}
	return s.run(ctx, c, update, next, domain.UndoOf, update.UndoneBy, in.Once)
}

// run makes and starts the import that runs of's bytes or undo file. Like holds
// what it takes over. holder is the import that did it already, if any: only
// one that came to nothing is replaced.
func (s *server) run(ctx context.Context, c Claims, of, like domain.Import, kind, holder string, key Once) (*madeAnswer, error) {
	now := s.Now().UTC()
	next := domain.Import{
		ID: s.NewID(), Institution: c.Institution, DataType: like.DataType, Action: domain.Update, Recipe: like.Recipe, Learnt: like.Learnt,
		FileName: like.FileName, Email: like.Email, Note: like.Note, Language: like.Language, Status: domain.Checking, Source: like.Source,
		Of: of.ID, OfKind: kind, CreatedAt: now, StartedAt: now, CreatedBy: c.who(), ExpiresAt: now.Add(domain.ImportLife),
	}
	for try := 0; ; try++ {
		replaces, err := s.replaceable(ctx, c, holder)
		if err != nil {
			return nil, err
		}
		made, created, err := s.Jobs.CreateImport(ctx, next, key.of(kind, of.ID), replaces)
		if f, ok := fault.As(err); ok && f.Code == "alreadyDone" {
			if try < races && f.ID != holder {
				holder = f.ID
				continue
			}
			return nil, alreadyDone(kind, f.ID)
		}
		if err != nil {
			return nil, err
		}
		return s.begun(ctx, made, created)
	}
}

// testUndo makes and starts a test of an update's undo file. It sends no mail
// and may be made again and again.
func (s *server) testUndo(ctx context.Context, c Claims, update, like domain.Import, key Once) (*madeAnswer, error) {
	now := s.Now().UTC()
	return s.made(ctx, domain.Import{
		ID: s.NewID(), Institution: c.Institution, DataType: like.DataType, Action: domain.Test, Recipe: like.Recipe,
		FileName: like.FileName, Language: like.Language, Status: domain.Checking, Source: like.Source,
		Of: update.ID, OfKind: domain.UndoOf, CreatedAt: now, StartedAt: now, CreatedBy: c.who(), ExpiresAt: now.Add(domain.ImportLife),
	}, key.of("undoTest", update.ID))
}

func alreadyDone(kind, id string) error {
	e := fault.New(fault.Conflict, "alreadyDone")
	if kind == domain.UndoOf {
		e = fault.New(fault.Conflict, "alreadyDone.undo")
	}
	e.ID = id
	return e
}

// replaceable returns the import that a new one may take the place of: holder,
// if it came to nothing. Else CreateImport finds that it was done already.
func (s *server) replaceable(ctx context.Context, c Claims, holder string) (string, error) {
	if holder == "" {
		return "", nil
	}
	i, err := s.Jobs.BriefImport(ctx, c.Institution, holder)
	switch {
	case err != nil && fault.KindOf(err) == fault.NotFound:
		return "", nil // it was done so long ago that it has expired
	case err != nil:
		return "", err
	case i.Status == domain.Failed || i.Status == domain.Cancelled || i.Status == domain.Rejected:
		return holder, nil
	case !i.Status.Final():
		// Who made it may have stopped before starting it.
		return "", s.start(ctx, i)
	}
	return "", nil
}

// start starts the machine for a stored import, or marks the import as failed.
func (s *server) start(ctx context.Context, i domain.Import) error {
	cause := s.Machine.Start(ctx, i.RunID(), flow.NewRun(i))
	if cause == nil {
		return nil
	}
	_, err := s.Jobs.ChangeImport(context.WithoutCancel(ctx), i.Institution, i.ID, func(i *domain.Import) error {
		// An import past the check was started after all.
		if i.Status == domain.Checking {
			i.Status, i.FinishedAt = domain.Failed, s.Now().UTC()
			i.Problem = domain.Because("notStarted")
		}
		return nil
	})
	if err != nil {
		cause = fmt.Errorf("%w; and it could not be marked: %w", cause, err)
	}
	return &fault.Error{Kind: fault.Busy, Reason: reason.New("notStarted"), Err: cause}
}

func (s *server) cancelImport(ctx context.Context, c Claims, in *runInput) (*importAnswer, error) {
	if _, err := s.theImport(ctx, c, in.ID); err != nil {
		return nil, err
	}
	i, err := s.Jobs.ChangeImport(ctx, c.Institution, in.ID, func(i *domain.Import) error {
		switch {
		case i.Status == domain.Cancelled:
		case i.Status.Final():
			return fault.New(fault.Conflict, "alreadyFinal", i.Status)
		case i.Status == domain.Waiting:
			i.Status, i.FinishedAt, i.Cancel = domain.Cancelled, s.Now().UTC(), true
			i.Problem = domain.Because("cancelled.waiting")
		default:
			i.Cancel = true
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return s.showWhole(ctx, c, i)
}

// startImport starts an import whose file has come, as the news from the bucket
// will: whoever is second finds it taken, and the execution there.
func (s *server) startImport(ctx context.Context, c Claims, in *IDPath) (*importAnswer, error) {
	i, err := s.wholeImport(ctx, c, in.ID)
	if err != nil {
		return nil, err
	}
	if i.Status != domain.Waiting && i.Status != domain.Checking {
		return s.showWhole(ctx, c, i)
	}
	o, _, err := s.Uploads.Head(ctx, flow.UploadKey(i.Institution, i.ID))
	if err != nil && fault.KindOf(err) == fault.NotFound {
		return s.showWhole(ctx, c, i)
	}
	if err != nil {
		return nil, err
	}
	taken := false
	i, err = s.Jobs.ChangeImport(ctx, c.Institution, in.ID, func(i *domain.Import) error {
		taken = i.Take(o, s.Now().UTC())
		return nil
	})
	if err != nil {
		return nil, err
	}
	if taken {
		if err := s.Machine.Start(ctx, i.RunID(), flow.NewRun(i)); err != nil {
			return nil, err
		}
	}
	return s.showWhole(ctx, c, i)
}

// resumeMargin is how long an import and its files must still be kept for another
// round: as long as an execution may take.
const resumeMargin = 24 * time.Hour

// resumeImport begins another round of an import that ended with rows left.
func (s *server) resumeImport(ctx context.Context, c Claims, in *runInput) (*importAnswer, error) {
	was, err := s.wholeImport(ctx, c, in.ID)
	if err != nil {
		return nil, err
	}
	switch {
	case was.Round > 0 && !was.Status.Final():
		// A repeated request starts it again: the first one may have stopped
		// before this.
		if err := s.Machine.Start(ctx, was.RunID(), flow.NewRun(was)); err != nil {
			return nil, err
		}
		return s.showWhole(ctx, c, was)
	case !was.Status.Final():
		return nil, fault.New(fault.Conflict, "notDone.update", was.Status)
	case was.UndoneBy != "":
		return nil, fault.New(fault.Conflict, "nothingToResume.undone")
	case !was.Resumable():
		return nil, fault.New(fault.Conflict, "nothingToResume")
	case was.ExpiresAt.Before(s.Now().Add(resumeMargin)):
		return nil, gone(reason.New("resumeTooLate"))
	}
	if err := s.sourceThere(ctx, was); err != nil {
		return nil, err
	}
	// Its rows count already.
	if err := s.mayRun(ctx, c, 0); err != nil {
		return nil, err
	}
	i, err := s.Jobs.ChangeImport(ctx, c.Institution, in.ID, func(i *domain.Import) error {
		if i.Round != was.Round || !i.Resumable() {
			return fault.New(fault.Conflict, "nothingToResume")
		}
		i.Resume(s.Now().UTC())
		return nil
	})
	if err != nil {
		return nil, err
	}
	cause := s.Machine.Start(ctx, i.RunID(), flow.NewRun(i))
	if cause == nil {
		return s.showWhole(ctx, c, i)
	}
	// It is as it was, but for the round's number, which names an execution that
	// may have begun after all.
	_, err = s.Jobs.ChangeImport(context.WithoutCancel(ctx), c.Institution, in.ID, func(now *domain.Import) error {
		if now.Round == i.Round && now.Status == domain.Checking {
			now.Status, now.Cancel, now.Problem, now.Mail = was.Status, was.Cancel, was.Problem, was.Mail
			now.StartedAt, now.FinishedAt = was.StartedAt, was.FinishedAt
		}
		return nil
	})
	if err != nil {
		cause = fmt.Errorf("%w; and it could not be put back: %w", cause, err)
	}
	return nil, &fault.Error{Kind: fault.Busy, Reason: reason.New("notStarted"), Err: cause}
}

// sourceThere answers 410 when the file that an import runs has expired.
func (s *server) sourceThere(ctx context.Context, i domain.Import) error {
	if i.OfKind != domain.UndoOf {
		return s.bytesThere(ctx, i)
	}
	_, _, err := s.Files.Head(ctx, i.Source.Key)
	return missingAs(err, gone(reason.New("expired.undo")))
}

func (s *server) importFile(ctx context.Context, c Claims, in *importFileInput) (*signedAnswer, error) {
	i, err := s.theImport(ctx, c, in.ID)
	if err != nil {
		return nil, err
	}
	if err := s.mayExport(ctx, c); err != nil {
		return nil, err
	}
	expired := gone(reason.New("expired.file"))
	base := strings.TrimSuffix(i.FileName, path.Ext(i.FileName))
	switch {
	case in.Name == flow.Original && i.Source.Key != "" && i.OfKind == domain.UndoOf:
		if _, _, err := s.Files.Head(ctx, i.Source.Key); err != nil {
			return nil, missingAs(err, expired)
		}
		return s.sign(ctx, s.Files, i.Source, i.FileName, in.Redirect)
	case in.Name == flow.Original && i.Source.Key != "":
		if _, err := s.Uploads.Open(ctx, i.Source); err != nil {
			return nil, missingAs(err, expired)
		}
		return s.sign(ctx, s.Uploads, i.Source, i.FileName, in.Redirect)
	case in.Name != flow.Original && slices.Contains(i.Files, in.Name):
		o, _, err := s.Files.Head(ctx, flow.FileOf(i, in.Name))
		if err != nil {
			return nil, missingAs(err, expired)
		}
		return s.sign(ctx, s.Files, o, base+"-"+flow.FileName(in.Name), in.Redirect)
	}
	return nil, fault.Missing()
}

// missingAs answers p for what is not there.
func missingAs(err error, p *httpProblem) error {
	if fault.KindOf(err) == fault.NotFound {
		return p
	}
	return err
}
