from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("bookings", "0003_approvals_sessions_waiting")]

    operations = [
        migrations.AddField(
            model_name="privatelink",
            name="email",
            field=models.EmailField(blank=True, max_length=254, verbose_name="mail address"),
        ),
        migrations.AddField(
            model_name="privatelink",
            name="sent_at",
            field=models.DateTimeField(editable=False, null=True, verbose_name="sent"),
        ),
    ]
