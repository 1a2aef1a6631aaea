package api

import (
	"context"
	"sync/atomic"

	"golang.org/x/text/language"

	"rollbook/internal/domain"
	"rollbook/internal/domain/reason"
)

type acceptedKey struct{}

// matcher finds the place of a language among ours.
var matcher = func() language.Matcher {
	var ours []language.Tag
	for _, lang := range domain.Languages {
		ours = append(ours, language.MustParse(lang))
	}
	return language.NewMatcher(ours)
}()

// withAccepted remembers the language that an Accept-Language header asks for.
func withAccepted(ctx context.Context, header string) context.Context {
	tags, _, err := language.ParseAcceptLanguage(header)
	if err != nil || len(tags) == 0 {
		return ctx
	}
	_, i, confidence := matcher.Match(tags...)
	if confidence == language.No {
		return ctx
	}
	return context.WithValue(ctx, acceptedKey{}, domain.Languages[i])
}

// accepted is the language that the request asks for, "" if none that we have.
func accepted(ctx context.Context) string {
	lang, _ := ctx.Value(acceptedKey{}).(string)
	return lang
}

type languageKey struct{}

// withLanguage makes room for the language of the institution, which is read once
// in a request.
func withLanguage(ctx context.Context) context.Context {
	return context.WithValue(ctx, languageKey{}, new(atomic.Pointer[string]))
}

// lang is the language of an answer: what the request asks for, else the user's
// choice, else the institution's.
func (s *server) lang(ctx context.Context, c Claims) string {
	if a := accepted(ctx); a != "" {
		return a
	}
	if c.Language != "" {
		return c.Language
	}
	read, _ := ctx.Value(languageKey{}).(*atomic.Pointer[string])
	if read != nil && read.Load() != nil {
		return *read.Load()
	}
	lang := reason.English
	if c.Institution.Valid() {
		if cat, err := s.Catalogue.Catalogue(ctx, c.Institution); err == nil {
			lang = languageOf(c, cat.Settings)
		}
	}
	if read != nil {
		read.Store(&lang)
	}
	return lang
}

// reasonView is a reason with its sentence.
type reasonView struct {
	Code       string        `json:"code" example:"unknownValue" doc:"A stable word, listed in the documentation."`
	Params     reason.Params `json:"params" doc:"What the sentence names."`
	Message    string        `json:"message" doc:"What happened, in the language asked for."`
	Suggestion string        `json:"suggestion,omitempty" doc:"What the cell should say, if that is clear, else what to do."`
}

func showReason(r reason.Reason, lang string) reasonView {
	v := reasonView{string(r.Code), r.Params, r.Message(lang), r.Suggestion(lang)}
	if v.Params == nil {
		v.Params = reason.Params{}
	}
	return v
}

// problemView is one thing about one row or one cell that the user must look at.
type problemView struct {
	Line    int    `json:"line"`
	Column  string `json:"column" doc:"The header's text, empty for the whole row."`
	Field   string `json:"field,omitempty"`
	Value   string `json:"value"`
	Outcome string `json:"outcome"`
	reasonView
	Old        *string `json:"old,omitempty" doc:"Of a conflict: what the file has in [old]."`
	Live       *string `json:"live,omitempty" doc:"What the contact has."`
	New        *string `json:"new,omitempty" doc:"What the file wants."`
	OtherLines []int   `json:"otherLines,omitempty"`
	Contact    string  `json:"contact,omitempty" doc:"Whom a conflict is about."`
}

func showProblem(p domain.Problem, lang string) problemView {
	v := problemView{p.Line, p.Column, p.Field, p.Value, string(p.Outcome), showReason(p.Reason, lang), p.Old, p.Live, p.New, p.OtherLines, string(p.Contact)}
	v.Message = p.Message(lang)
	return v
}

// warningView is about a file that is taken all the same.
type warningView struct {
	reasonView
	Line   int    `json:"line,omitempty"`
	Column string `json:"column,omitempty"`
	Times  int    `json:"times,omitempty" doc:"How often it came up, if more than once."`
	Lines  []int  `json:"lines,omitempty" doc:"Where: the first 20 lines, if it came up more than once."`
}

func showWarning(w domain.Warning, lang string) warningView {
	v := warningView{showReason(w.Reason, lang), w.Line, w.Column, w.Times, w.Lines}
	v.Message = w.Message(lang)
	return v
}

func showFileProblem(p *domain.FileProblem, lang string) *reasonView {
	if p == nil {
		return nil
	}
	v := showReason(p.Reason, lang)
	return &v
}

// mailView says what became of a mail.
type mailView struct {
	Status string        `json:"status,omitempty"`
	Code   string        `json:"code,omitempty" doc:"reason as a stable word."`
	Params reason.Params `json:"params,omitempty"`
	Reason string        `json:"reason,omitempty" doc:"Why it did not go, or what the address is known for."`
	Tries  int           `json:"tries,omitempty"`
}

func showMail(m domain.MailState, lang string) mailView {
	v := mailView{Status: m.Status, Tries: m.Tries}
	if m.Why != nil {
		v.Code, v.Params, v.Reason = string(m.Why.Code), m.Why.Params, m.Why.Message(lang)
	}
	return v
}
