// Package browser drives the Import screen in a real headless Chromium, in the
// words that a person sees: buttons, labels, headings. Every error that the
// browser reports fails the test.
package browser

import (
	"context"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"rollbook/internal/testing/fonts"
	"rollbook/internal/testing/needs"
)

//go:embed page.js
var helpers string

//go:embed axe/axe.min.js
var axe string

// patience is how long a step waits for what it needs: far longer than any takes
// on a busy machine, it only ends a test that hangs.
const patience = 2 * time.Minute

// Browser is one Chromium with a profile of its own.
type Browser struct {
	t   testing.TB
	ctx context.Context
}

// New starts Chromium with narrow fonts: CHROMIUM names it, else it is looked for.
func New(t testing.TB) *Browser {
	t.Helper()
	return NewWith(t, fonts.Narrow)
}

// NewWith is New with the fonts.
func NewWith(t testing.TB, set fonts.Set) *Browser {
	t.Helper()
	// The shell without a window works half as much for each tab.
	names := []string{"chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"}
	if path := os.Getenv("CHROMIUM"); path != "" {
		names = []string{path}
	}
	path := needs.Program(t, "browser", names...)
	profile, err := os.MkdirTemp("", "rollbook-chromium")
	if err != nil {
		t.Fatal(err)
	}
	installed := filepath.Join(profile, "fonts")
	if err := os.Mkdir(installed, 0o700); err != nil {
		t.Fatal(err)
	}
	alloc, stop := chromedp.NewExecAllocator(context.Background(),
		chromedp.ExecPath(path), chromedp.Env(fonts.Only(t, set, installed)), chromedp.UserDataDir(profile), chromedp.Headless, chromedp.NoSandbox, chromedp.NoFirstRun,
		chromedp.DisableGPU, chromedp.WSURLReadTimeout(patience),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true), chromedp.Flag("disable-dev-shm-usage", true), chromedp.Flag("hide-scrollbars", true),
		chromedp.Flag("lang", "en-GB"), chromedp.Flag("disable-features", "Translate,MediaRouter,OptimizationHints"),
		chromedp.Flag("disable-backgrounding-occluded-windows", true), chromedp.Flag("disable-renderer-backgrounding", true),
	)
	ctx, end := chromedp.NewContext(alloc)
	t.Cleanup(func() {
		end()
		stop()
		os.RemoveAll(profile)
	})
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("Chromium does not start: %v", err)
	}
	return &Browser{t, ctx}
}

// Page is one tab. Its methods fail the test when they cannot do what they say.
type Page struct {
	t   testing.TB
	ctx context.Context

	mu       sync.Mutex
	allowed  []string
	problems []string
	traffic  Traffic // since the first that asked
}

// Options say how a tab is.
type Options struct {
	Width, Height int64  // 1280 by 900 unless set
	Dark          bool   // the device's colours
	Language      string // what the browser asks for; en-GB unless set
}

// Page opens a tab with storage of its own. Errors on the console, failed
// requests and breaches of the Content-Security-Policy fail the test at its end.
func (b *Browser) Page(o Options) *Page {
	b.t.Helper()
	if o.Width == 0 {
		o.Width = 1280
	}
	if o.Height == 0 {
		o.Height = 900
	}
	if o.Language == "" {
		o.Language = "en-GB"
	}
	p := &Page{t: b.t}
	ctx, end := chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext(), chromedp.WithListener(p.hear))
	b.t.Cleanup(end)
	p.ctx = ctx
	if err := chromedp.Do(ctx); err != nil {
		b.t.Fatalf("open a tab: %v", err)
	}
	p.call("Runtime.enable", nil)
	p.call("Log.enable", nil)
	p.call("Emulation.setLocaleOverride", map[string]any{"locale": o.Language})
	p.call("Emulation.setUserAgentOverride", map[string]any{"userAgent": "Mozilla/5.0 (X11; Linux x86_64) Chrome/150 Rollbook test", "acceptLanguage": o.Language})
	p.call("Emulation.setTimezoneOverride", map[string]any{"timezoneId": "Europe/Zurich"})
	c := chromedp.FromContext(ctx)
	for _, name := range []string{"clipboard-read", "clipboard-write"} {
		var nothing any
		if err := c.Browser.Call(ctx, "Browser.setPermission", map[string]any{"permission": map[string]any{"name": name}, "setting": "granted", "browserContextId": c.BrowserContextID}, &nothing); err != nil {
			b.t.Fatal(err)
		}
	}
	p.call("Page.addScriptToEvaluateOnNewDocument", map[string]any{"source": helpers})
	p.Look(o.Width, o.Height, o.Dark)
	b.t.Cleanup(func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		for _, m := range p.problems {
			b.t.Errorf("the browser reports: %s", m)
		}
	})
	return p
}

// hear runs on the goroutine that reads from the browser, so it only takes notes.
func (p *Page) hear(ev any) {
	switch ev := ev.(type) {
	case *runtime.EventConsoleAPICalled:
		if ev.Type == runtime.ConsoleAPICalledTypeError || ev.Type == runtime.ConsoleAPICalledTypeWarning || ev.Type == runtime.ConsoleAPICalledTypeAssert {
			var parts []string
			for _, a := range ev.Args {
				parts = append(parts, string(a.Value)+a.Description)
			}
			p.note("console: %s", strings.Join(parts, " "))
		}
	case *runtime.EventExceptionThrown:
		text := ev.ExceptionDetails.Text
		if ev.ExceptionDetails.Exception != nil {
			text += " " + ev.ExceptionDetails.Exception.Description
		}
		p.note("exception: %s", text)
	case *log.EventEntryAdded:
		if ev.Entry.Level == log.EntryLevelError || ev.Entry.Level == log.EntryLevelWarning {
			p.note("%s: %s (%s)", ev.Entry.Source, ev.Entry.Text, ev.Entry.URL)
		}
	case *network.EventRequestWillBeSent:
		if strings.Contains(ev.Request.URL, "/api/") {
			p.mu.Lock()
			p.traffic.Requests++
			p.mu.Unlock()
		}
	case *network.EventLoadingFinished:
		p.mu.Lock()
		p.traffic.Bytes += int(ev.EncodedDataLength)
		p.mu.Unlock()
	case *page.EventJavascriptDialogOpening:
		go p.call("Page.handleJavaScriptDialog", map[string]any{"accept": true})
	}
}

func (p *Page) note(format string, args ...any) {
	m := fmt.Sprintf(format, args...)
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, a := range p.allowed {
		if strings.Contains(m, a) {
			return
		}
	}
	p.problems = append(p.problems, m)
}

// Allow says that browser errors with this in them are expected.
func (p *Page) Allow(part string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.allowed = append(p.allowed, part)
}

// call sends one command of the DevTools protocol and returns its answer.
func (p *Page) call(method string, params map[string]any) map[string]any {
	p.t.Helper()
	var out map[string]any
	p.run(method, chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		if params == nil {
			params = map[string]any{}
		}
		return t.Call(ctx, method, params, &out)
	}))
	return out
}

func (p *Page) run(what string, a chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience+10*time.Second)
	defer cancel()
	if _, err := chromedp.Run(ctx, a); err != nil {
		p.t.Fatalf("%s: %v", what, err)
	}
}

// Open goes to an address and waits for the page.
func (p *Page) Open(url string) {
	p.t.Helper()
	answer := p.call("Page.navigate", map[string]any{"url": url})
	if text, _ := answer["errorText"].(string); text != "" {
		p.t.Fatalf("open %s: %s", url, text)
	}
	p.wait("open "+url, "document.readyState === 'complete'")
}

// Go goes to a place within the screen, such as "#/targets".
func (p *Page) Go(hash string) {
	p.t.Helper()
	p.Eval("location.hash = "+quote(hash), nil)
}

// Until waits until what, a condition in JavaScript, is so.
func (p *Page) Until(what string) {
	p.t.Helper()
	p.wait(what, what)
}

// Eval evaluates JavaScript, awaiting it, into out. With out nil it runs
// statements.
func (p *Page) Eval(js string, out any) {
	p.t.Helper()
	if err := p.eval(js, out); err != nil {
		p.t.Fatalf("evaluate %.100s: %v", js, err)
	}
}

func (p *Page) eval(js string, out any) error {
	if out == nil {
		js = "(() => { " + js + "; return null })()"
	}
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	b, err := chromedp.Run(ctx, chromedp.Evaluate[[]byte](js, chromedp.EvalAwaitPromise))
	if err != nil || out == nil {
		return err
	}
	return json.Unmarshal(b, out)
}

// wait waits until js is truthy.
func (p *Page) wait(what, js string) {
	p.t.Helper()
	deadline := time.Now().Add(patience)
	for {
		var ok bool
		err := p.eval("rollbookTest.until(() => "+js+")", &ok)
		if ok && err == nil {
			return
		}
		if time.Now().After(deadline) {
			shot := p.keep()
			var text string
			p.eval("document.body.innerText.slice(0, 1500)", &text)
			p.t.Fatalf("%s: not within %s (%v); see %s; the page shows:\n%s", what, patience, err, shot, text)
		}
		if err != nil {
			time.Sleep(25 * time.Millisecond) // the page is being left
		}
	}
}

// keep stores a picture of the page for who looks at a failure, and returns where.
func (p *Page) keep() string {
	f, err := os.CreateTemp("", "rollbook-failed-*.png")
	if err != nil {
		return err.Error()
	}
	defer f.Close()
	if _, err := f.Write(p.Picture()); err != nil {
		return err.Error()
	}
	return f.Name()
}

// See waits until the text is shown.
func (p *Page) See(text string) {
	p.t.Helper()
	p.wait("see "+text, "rollbookTest.sees("+quote(text)+")")
}

// SeeOrHold waits until the text is shown, or a control has it.
func (p *Page) SeeOrHold(text string) {
	p.t.Helper()
	p.wait("see "+text, "rollbookTest.sees("+quote(text)+") || [...document.querySelectorAll('input')].some((e) => e.value === "+quote(text)+")")
}

// SeeIn waits until the text is shown in the first element that the selector
// finds.
func (p *Page) SeeIn(selector, text string) {
	p.t.Helper()
	p.wait("see "+text, "document.querySelector("+quote(selector)+")?.innerText.includes("+quote(text)+")")
}

// Gone waits until the text is no longer shown.
func (p *Page) Gone(text string) {
	p.t.Helper()
	p.wait("no longer see "+text, "!rollbookTest.sees("+quote(text)+")")
}

// Heading waits for the page's heading.
func (p *Page) Heading(text string) {
	p.t.Helper()
	p.wait("heading "+text, "document.querySelector('h1')?.innerText.trim() === "+quote(text))
}

// Settled waits until nothing is being loaded.
func (p *Page) Settled() {
	p.t.Helper()
	p.wait("everything", "document.querySelector('main h1') && !document.querySelector('.skeleton')")
}

// Sees tells whether the text is shown now.
func (p *Page) Sees(text string) bool {
	p.t.Helper()
	var ok bool
	p.Eval("rollbookTest.sees("+quote(text)+")", &ok)
	return ok
}

// Press clicks the button, link or summary of the name with the mouse.
func (p *Page) Press(name string) {
	p.t.Helper()
	p.wait("button "+name, "rollbookTest.button("+quote(name)+")")
	p.press("rollbookTest.button(" + quote(name) + ")")
}

// PressIn is Press within the group of the label, or the first part of the page that
// has the text.
func (p *Page) PressIn(part, name string) {
	p.t.Helper()
	js := "rollbookTest.buttonIn(" + quote(part) + ", " + quote(name) + ")"
	p.wait("button "+name+" of "+part, js)
	p.press(js)
}

// press clicks what js finds, and again if something moved into its place meanwhile.
func (p *Page) press(js string) {
	p.t.Helper()
	for range 20 {
		var at struct{ X, Y float64 }
		p.Eval("rollbookTest.point(() => "+js+")", &at)
		p.run("click", chromedp.MouseClickXY(at.X, at.Y))
		missed := false
		// A page that is left by the click does not know of it.
		if err := p.eval("rollbookTest.hit === false", &missed); err != nil || !missed {
			return
		}
	}
	p.t.Fatalf("%s does not stand still", js)
}

// Fill writes into the control of the label, in place of what is there.
func (p *Page) Fill(label, text string) {
	p.t.Helper()
	p.wait("control "+label, "rollbookTest.control("+quote(label)+")")
	p.Eval("rollbookTest.select("+quote(label)+")", nil)
	if text == "" {
		p.run("clear "+label, chromedp.KeyEvent(kb.Delete))
		return
	}
	p.call("Input.insertText", map[string]any{"text": text})
}

// Choose picks the option of the text in the select of the label.
func (p *Page) Choose(label, option string) {
	p.t.Helper()
	p.wait("option "+option+" of "+label, "rollbookTest.option("+quote(label)+", "+quote(option)+")")
	p.Eval("rollbookTest.choose("+quote(label)+", "+quote(option)+")", nil)
}

// Check ticks the box or radio of the label.
func (p *Page) Check(label string) {
	p.t.Helper()
	p.wait("box "+label, "rollbookTest.control("+quote(label)+")")
	p.press("rollbookTest.control(" + quote(label) + ").closest('label')")
}

// Value is what the control of the label has.
func (p *Page) Value(label string) string {
	p.t.Helper()
	p.wait("control "+label, "rollbookTest.control("+quote(label)+")")
	var v string
	p.Eval("rollbookTest.control("+quote(label)+").value", &v)
	return v
}

// Upload chooses a file with the name and content in the page's file picker.
func (p *Page) Upload(name string, content []byte) {
	p.t.Helper()
	file := filepath.Join(p.t.TempDir(), name)
	if err := os.WriteFile(file, content, 0o600); err != nil {
		p.t.Fatal(err)
	}
	p.run("choose the file "+name, chromedp.SetUploadFiles(chromedp.CSS("input[type=file]"), []string{file}))
}

// Keys presses keys, such as kb.Tab.
func (p *Page) Keys(keys ...string) {
	p.t.Helper()
	for _, k := range keys {
		p.run("press a key", chromedp.KeyEvent(k))
	}
}

// TabTo presses the tab key until the control, button or link of the name has
// the focus.
func (p *Page) TabTo(name string) {
	p.t.Helper()
	var seen []string
	for range 80 {
		p.Keys(kb.Tab)
		f := p.Focus()
		if _, found, _ := strings.Cut(f, " "); found == name || strings.HasPrefix(found, name+" ") {
			return
		}
		seen = append(seen, f)
	}
	p.t.Fatalf("the tab key does not lead to %s but to %q", name, seen)
}

// Drop drags a file onto the page.
func (p *Page) Drop(name string, content []byte) {
	p.t.Helper()
	file := filepath.Join(p.t.TempDir(), name)
	if err := os.WriteFile(file, content, 0o600); err != nil {
		p.t.Fatal(err)
	}
	for _, kind := range []string{"dragEnter", "dragOver", "drop"} {
		p.call("Input.dispatchDragEvent", map[string]any{"type": kind, "x": 400, "y": 300,
			"data": map[string]any{"items": []any{}, "files": []string{file}, "dragOperationsMask": 1}})
	}
}

// Offline takes the network away, and gives it back.
func (p *Page) Offline(yes bool) {
	p.t.Helper()
	p.call("Network.enable", nil)
	p.call("Network.emulateNetworkConditions", map[string]any{"offline": yes, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1})
}

// Block lets no request reach an address of these patterns; without any, all do again.
func (p *Page) Block(patterns ...string) {
	p.t.Helper()
	p.call("Network.enable", nil)
	p.call("Network.setBlockedURLs", map[string]any{"urls": append([]string{}, patterns...)})
}

// Slow makes the network one of so many bytes a second, either way, from now on.
func (p *Page) Slow(bytesPerSecond int) {
	p.t.Helper()
	p.call("Network.enable", nil)
	p.call("Network.emulateNetworkConditions", map[string]any{"offline": false, "latency": 200, "downloadThroughput": bytesPerSecond, "uploadThroughput": bytesPerSecond})
}

// Traffic is what came over the network.
type Traffic struct {
	Requests int // of the API
	Bytes    int // of all answers, as they were sent
}

// Traffic counts from now on; the function that it returns says what came since.
func (p *Page) Traffic() func() Traffic {
	p.t.Helper()
	p.call("Network.enable", nil)
	p.mu.Lock()
	from := p.traffic
	p.mu.Unlock()
	return func() Traffic {
		p.mu.Lock()
		defer p.mu.Unlock()
		return Traffic{p.traffic.Requests - from.Requests, p.traffic.Bytes - from.Bytes}
	}
}

// Clipboard is the text that was copied last.
func (p *Page) Clipboard() string {
	p.t.Helper()
	p.call("Page.bringToFront", nil)
	var s string
	p.Eval("navigator.clipboard.readText()", &s)
	return s
}

// Focus is the accessible name of what has the focus, with its role.
func (p *Page) Focus() string {
	p.t.Helper()
	var s string
	p.Eval("rollbookTest.focus()", &s)
	return s
}

// FocusIs waits until the focus is where it should be.
func (p *Page) FocusIs(want string) {
	p.t.Helper()
	p.wait("the focus on "+want, "rollbookTest.focus() === "+quote(want))
}

// Said are the texts of all status regions since the page was loaded, in order.
func (p *Page) Said() []string {
	p.t.Helper()
	var s []string
	p.Eval("rollbookTest.said", &s)
	return s
}

// SignIn signs in through the sign-in page of package dev or of a user pool:
// any that has a field for the user, one for the password and a button.
func (p *Page) SignIn(user, password string) {
	p.t.Helper()
	p.wait("the sign-in page", "document.querySelector('input[type=password]')")
	p.Eval(`
		const set = (e, v) => { e.focus(); e.value = v; e.dispatchEvent(new Event('input', { bubbles: true })); };
		const shown = (e) => e.offsetParent !== null;
		const pass = [...document.querySelectorAll('input[type=password]')].find(shown);
		const user = [...pass.form.querySelectorAll('input')].find((e) => shown(e) && ['text', 'email', ''].includes(e.getAttribute('type') || ''));
		set(user, `+quote(user)+`); set(pass, `+quote(password)+`);
		setTimeout(() => pass.form.querySelector('[type=submit], button').click());`, nil)
}

// Popup waits for a window that the tab opens during do, and returns it.
func (p *Page) Popup(do func()) *Page {
	p.t.Helper()
	ch := chromedp.WaitNewTarget(p.ctx, func(*target.Info) bool { return true })
	do()
	select {
	case id := <-ch:
		ctx, end := chromedp.NewContext(p.ctx, chromedp.WithTargetID(id))
		p.t.Cleanup(end)
		if err := chromedp.Do(ctx); err != nil {
			p.t.Fatalf("the window: %v", err)
		}
		w := &Page{t: p.t, ctx: ctx}
		w.call("Page.addScriptToEvaluateOnNewDocument", map[string]any{"source": helpers})
		w.Eval(helpers, nil) // what it shows already
		return w
	case <-time.After(patience):
		p.t.Fatal("no window was opened")
		return nil
	}
}

// Downloads lets the browser keep downloads, and returns the function that
// waits for the next one and returns its content.
func (p *Page) Downloads() func() []byte {
	p.t.Helper()
	dir := p.t.TempDir()
	done := make(chan string, 16)
	if err := chromedp.ListenBrowser(p.ctx, func(ev any) {
		if e, ok := ev.(*browser.EventDownloadProgress); ok && e.State == browser.DownloadProgressStateCompleted {
			done <- e.GUID
		}
	}); err != nil {
		p.t.Fatal(err)
	}
	yes := true
	if _, err := chromedp.CallBrowser(p.ctx, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{
		Behavior: browser.SetDownloadBehaviorBehaviorAllowAndName, DownloadPath: dir, EventsEnabled: &yes,
		BrowserContextID: chromedp.FromContext(p.ctx).BrowserContextID,
	}); err != nil {
		p.t.Fatal(err)
	}
	return func() []byte {
		p.t.Helper()
		select {
		case guid := <-done:
			b, err := os.ReadFile(filepath.Join(dir, guid))
			if err != nil {
				p.t.Fatal(err)
			}
			return b
		case <-time.After(patience):
			p.t.Fatal("nothing was downloaded")
			return nil
		}
	}
}

// Picture is one of the whole page, as PNG; with a question open, of what the
// window shows.
func (p *Page) Picture() []byte {
	p.t.Helper()
	var asks bool
	p.Eval("scrollTo(0, 0)", nil)
	p.Eval("Boolean(document.querySelector('dialog[open]'))", &asks)
	out := p.call("Page.captureScreenshot", map[string]any{"format": "png", "captureBeyondViewport": !asks})
	b, err := base64.StdEncoding.DecodeString(out["data"].(string))
	if err != nil {
		p.t.Fatal(err)
	}
	return b
}

// View returns what the window shows of the page, from the first element that the
// selector finds or, if that is "", from the top.
func (p *Page) View(selector string) []byte {
	p.t.Helper()
	if selector == "" {
		p.Eval("if (!document.querySelector('dialog[open]')) scrollTo(0, 0)", nil)
	} else {
		p.Until("document.querySelector(" + quote(selector) + ")")
		p.Eval("scrollTo(0, document.querySelector("+quote(selector)+").getBoundingClientRect().top + scrollY - (document.querySelector('.bar')?.offsetHeight || 0) - 16)", nil)
	}
	out := p.call("Page.captureScreenshot", map[string]any{"format": "png"})
	b, err := base64.StdEncoding.DecodeString(out["data"].(string))
	if err != nil {
		p.t.Fatal(err)
	}
	return b
}

// Look changes the size and colours of the device.
func (p *Page) Look(width, height int64, dark bool) {
	p.t.Helper()
	p.Resize(width, height)
	scheme := "light"
	if dark {
		scheme = "dark"
	}
	p.call("Emulation.setEmulatedMedia", map[string]any{"features": []map[string]string{
		{"name": "prefers-color-scheme", "value": scheme}, {"name": "prefers-reduced-motion", "value": "reduce"}}})
}

// Resize sets the size of the window.
func (p *Page) Resize(width, height int64) {
	p.t.Helper()
	p.call("Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false})
}

// Violation is one thing that axe finds.
type Violation struct {
	ID, Help string
	Nodes    []string
}

func (v Violation) String() string {
	return v.ID + ": " + v.Help + "\n\t" + strings.Join(v.Nodes, "\n\t")
}

// Axe returns what axe finds against WCAG 2.2 A and AA and its best practices.
func (p *Page) Axe() []Violation {
	p.t.Helper()
	return p.axe(`{ type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }`)
}

// AxeColours returns what axe finds by its rules about colours, for a page that was
// looked at whole in other ones.
func (p *Page) AxeColours() []Violation {
	p.t.Helper()
	return p.axe(`{ type: 'rule', values: ['color-contrast', 'link-in-text-block'] }`)
}

func (p *Page) axe(runOnly string) []Violation {
	p.t.Helper()
	var loaded bool
	p.Eval("typeof axe !== 'undefined'", &loaded)
	if !loaded {
		// The protocol's evaluation is not bound by the page's policy.
		p.run("load axe", chromedp.Evaluate[chromedp.Void](axe+";null"))
	}
	var raw string
	p.Eval(`axe.run(document, { resultTypes: ['violations'], runOnly: `+runOnly+` })
		.then((r) => JSON.stringify(r.violations.map((v) => ({ ID: v.id, Help: v.help, Nodes: v.nodes.map((n) => n.html.slice(0, 200) + ' ' + n.failureSummary.replace(/\s+/g, ' ')) }))))`, &raw)
	var out []Violation
	if err := json.Unmarshal([]byte(raw), &out); err != nil {
		p.t.Fatal(err)
	}
	return out
}

// Overflow tells how far the page is wider than the window, in pixels.
func (p *Page) Overflow() int {
	p.t.Helper()
	var n int
	p.Eval("document.documentElement.scrollWidth - document.documentElement.clientWidth", &n)
	return n
}

// SticksOut names what is wider than its place: the page than the window, or what
// is written than the box that it stands in, and by how many pixels.
func (p *Page) SticksOut() []string {
	p.t.Helper()
	var out []string
	p.Eval("rollbookTest.sticksOut()", &out)
	return out
}

func quote(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // a plain string
	}
	return string(b)
}
