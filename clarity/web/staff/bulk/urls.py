"""The addresses of bulk acts, groups, templates and announcements, below /admin/."""

from __future__ import annotations

from django.urls import path

from clarity.web.staff.bulk import announcements, choosing, groups, jobs, starting, templates

urlpatterns = [
    path("bulk/", jobs.jobs, name="bulk-jobs"),
    path("bulk/new/", choosing.new, name="bulk-new"),
    path("bulk/ask/", starting.ask, name="bulk-ask"),
    path("bulk/start/", starting.start, name="bulk-start"),
    path("bulk/<uuid:job_id>/", jobs.job, name="bulk-job"),
    path("bulk/<uuid:job_id>/now/", jobs.now, name="bulk-now"),
    path("bulk/<uuid:job_id>/stop/", jobs.stop, name="bulk-stop"),
    path("bulk/<uuid:job_id>/go-on/", jobs.go_on, name="bulk-go-on"),
    path("bulk/<uuid:job_id>/drafts/", jobs.drafts, name="bulk-drafts"),
    path("groups/", groups.every, name="groups"),
    path("groups/<int:group_id>/", groups.group, name="group"),
    path("groups/<int:group_id>/name/", groups.rename, name="group-rename"),
    path("groups/<int:group_id>/add/", groups.add, name="group-add"),
    path("groups/<int:group_id>/remove/<slug:slug>/", groups.remove, name="group-remove"),
    path("groups/<int:group_id>/delete/", groups.delete, name="group-delete"),
    path("templates/", templates.every, name="templates"),
    path("templates/<int:template_id>/", templates.template, name="template"),
    path("templates/<int:template_id>/shipped/", templates.shipped, name="template-shipped"),
    path("templates/<int:template_id>/lender/", templates.lender, name="template-lender"),
    path("templates/<int:template_id>/from/<slug:slug>/", templates.take, name="template-take"),
    path("announcements/", announcements.every, name="announcements"),
    path("announcements/all/", announcements.to_all, name="announce-to-all"),
    path("announcements/<int:announcement_id>/", announcements.one, name="announcement"),
]
